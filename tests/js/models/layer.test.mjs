import assert from "node:assert/strict";
import { test } from "node:test";

process.env.TZ = "Europe/Berlin";
const { gapAt, gapsSaid, gapWords, markWords, unknownIn } = await import("../../../static/js/models/layer.js");

const NOW = Date.parse("2026-11-28T20:00:00Z");
const at = (iso) => Date.parse(iso) / 1000;
const down = { from: at("2026-11-28T19:17:53Z"), to: at("2026-11-28T19:20:03Z"), kind: "down", words: "not running" };

test("a gap says when it was, in the viewer's zone, and how long", () => {
  assert.equal(gapWords(down, NOW), "not running · 20:17–20:20 CET, 2 min 10 s");
});

test("a gap of another day says its days", () => {
  const longer = { ...down, from: at("2026-11-26T23:30:00Z"), to: at("2026-11-28T05:00:00Z") };
  assert.equal(gapWords(longer, NOW), "not running · 2026-11-27 00:30–2026-11-28 06:00 CET, 29.5 h");
});

test("a mark says its kind, its words and its time", () => {
  const mark = { at: at("2026-11-28T19:17:00Z"), kind: "deploy", words: "chat 4.2" };
  assert.equal(markWords(mark, NOW), "Deploy: chat 4.2 · 20:17 CET");
  assert.equal(
    markWords({ ...mark, kind: "restart", words: "sbdash restarted", at: mark.at - 86400 }, NOW),
    "sbdash restarted · 2026-11-27 20:17 CET",
  );
});

test("a figure is unknown where sbdash did not run in a part of its time, and nowhere else", () => {
  const layer = { gaps: [down, { ...down, kind: "silent", from: 0, to: 100 }], marks: [] };
  assert.equal(unknownIn(layer, down.from - 60, down.from), false);
  assert.equal(unknownIn(layer, down.from - 60, down.from + 1), true);
  assert.equal(unknownIn(layer, down.to, down.to + 60), false);
  assert.equal(unknownIn(layer, 0, 100), false);
  assert.equal(unknownIn(undefined, 0, 100), false);
});

test("a screen reader hears the gaps of the window", () => {
  assert.equal(gapsSaid({ gaps: [down], marks: [] }, NOW), " Gaps: not running · 20:17–20:20 CET, 2 min 10 s.");
  assert.equal(gapsSaid({ gaps: [], marks: [] }, NOW), "");
  assert.equal(gapsSaid(undefined, NOW), "");
});

test("the gap at a time is found, its end not included", () => {
  const layer = { gaps: [{ from: 900, to: 1800, kind: "down", words: "" }], marks: [] };
  assert.deepEqual(
    [899, 900, 1799, 1800].map((at) => Boolean(gapAt(layer, at))),
    [false, true, true, false],
  );
  assert.equal(gapAt(null, 900), null);
});
