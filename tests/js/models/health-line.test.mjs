import assert from "node:assert/strict";
import { test } from "node:test";
import { healthLine } from "../../../static/js/models/health-line.js";

const NOW = Date.parse("2026-11-28T20:00:00Z");
const day = (more = {}) => ({
  from: NOW / 1000 - 86400,
  ...{ gaps: [], longest_lag: 0.2, lag_at: NOW / 1000 - 60, refused: {}, dropped: 0 },
  ...more,
});
const gap = (from, to, kind = "down") => ({ from: NOW / 1000 + from, to: NOW / 1000 + to, kind, words: "" });
const REFUSALS = { 401: "missing or invalid key (401)", 503: "server busy, sent again later (503)" };
const words = (one) => healthLine(one, NOW, REFUSALS).parts.map((part) => part.words);

test("a day without an event says so, and nothing is said of a day that is unknown", () => {
  assert.deepEqual(healthLine(day(), NOW), {
    since: "Last 24 h",
    parts: [{ key: "none", words: "no gap", href: "", bad: false }],
  });
  assert.equal(healthLine(undefined, NOW), null);
});

test("each kind of event has its words", () => {
  const full = day({ gaps: [gap(-2000, -1870)], longest_lag: 3, refused: { 401: 12, 503: 1, 418: 2 }, dropped: 1 });
  assert.deepEqual(words(full), [
    "down once, 2 min 10 s",
    "longest delay 3.0 s",
    "12 requests refused: missing or invalid key (401)",
    "2 requests refused: status 418",
    "1 request refused: server busy, sent again later (503)",
    "1 page dropped",
  ]);
});

test("several gaps are summed, and the link leads to the longest", () => {
  const full = day({ gaps: [gap(-9000, -8900), gap(-5000, -4000), gap(-100, -40, "silent")] });
  assert.deepEqual(words(full), ["down twice, 18 min 20 s in all", "source silent once, 1 min"]);
  assert.equal(healthLine(full, NOW).parts[0].href, "/?from=2026-11-28T18%3A20%3A00Z&to=2026-11-28T19%3A10%3A00Z");
});

test("a young installation says since when it runs", () => {
  assert.equal(healthLine(day({ from: NOW / 1000 - 7200 }), NOW).since, "Since the first start, 2 h ago");
});
