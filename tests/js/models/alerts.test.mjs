import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acts,
  against,
  amount,
  done,
  hidden,
  lasted,
  matched,
  ordered,
  rules,
  sentence,
  silences,
} from "../../../static/js/models/alerts.js";

const FIGURES = { response_p95: ["Response time, p95", "s"], error_rate: ["Error rate", "share"] };
const RULE = {
  ...{ id: 7, name: "Slow", figure: "response_p95", scope: "all", match: null, comparison: ">", threshold: 12 },
  ...{ window_seconds: 300, for_seconds: 120 },
};
const ALERT = {
  ...{ id: 1, rule: 7, name: "Slow", figure: "response_p95", scope: "", state: "firing", peak: 14.25 },
  ...{ from: "2026-11-30T10:00:00Z", to: null, severity: "warning", acknowledged_by: null, marked: null },
};
const known = { figures: FIGURES, admin: true, rules: new Map([[7, RULE]]), firing: new Set() };

test("amount: each unit, and what is unknown", () => {
  assert.deepEqual(
    [amount(12, "s"), amount(0.05, "share"), amount(0.5, "US$"), amount(2e6, "bytes"), amount(3, "events")],
    ["12.0 s", "5.0 %", "US$ 0.50", "2 MB", "3 events"],
  );
  assert.equal(amount(null, "s"), "–");
});

test("sentence: figure, scope, threshold, duration, window", () => {
  assert.equal(sentence(RULE, FIGURES), "Response time, p95 > 12.0 s for 2 min, 5 min window");
  const each = { ...RULE, scope: "model", comparison: ">=", for_seconds: 0, window_seconds: 0 };
  assert.equal(sentence(each, FIGURES), "Response time, p95 of each model ≥ 12.0 s");
  assert.equal(sentence({ ...each, match: "llama" }, FIGURES), "Response time, p95 of llama ≥ 12.0 s");
});

test("an alert: its peak against the threshold, its buttons, its length, its place", () => {
  assert.equal(against(ALERT, known), "Response time, p95: 14.3 s (> 12.0 s)");
  assert.equal(against({ ...ALERT, rule: 8, peak: null }, known), "Response time, p95: –");
  assert.deepEqual(
    acts(ALERT).map(({ act }) => act),
    ["acknowledge", "true", "false"],
  );
  const marked = acts({ ...ALERT, acknowledged_by: "bob", marked: "false" });
  assert.deepEqual(
    marked.map(({ act, pressed }) => [act, pressed]),
    [
      ["true", false],
      ["false", true],
    ],
  );
  assert.equal(done("acknowledge", "Acknowledge: a: b"), "Acknowledged: a: b.");
  assert.equal(done("false", "False alarm: Slow"), "Marked as a false alarm: Slow.");
  assert.equal(done("", "True alarm: Slow"), "Not marked any more: Slow.");
  assert.equal(lasted(ALERT), "fires");
  const ended = { ...ALERT, to: "2026-11-30T10:03:00Z" };
  assert.deepEqual([lasted(ended), lasted({ ...ended, withdrawn: true })], ["3 min", "withdrawn after 3 min"]);
  assert.equal(lasted({ ...ALERT, to: ALERT.from }), "a moment");
  const worse = { ...ALERT, id: 2, severity: "critical", from: "2026-11-29T10:00:00Z" };
  assert.deepEqual(
    ordered([ALERT, worse]).map(({ id }) => id),
    [2, 1],
  );
});

test("a rule whose figure is not known cannot be evaluated, and is not ok", () => {
  const state = (rule) =>
    rules(known)
      .find(({ id }) => id === "state")
      ?.cell(rule, 0);
  assert.deepEqual(state({ ...RULE, enabled: true }), { text: "ok", state: "ok" });
  const words = "cannot be evaluated: figure gone is not known";
  assert.deepEqual(state({ ...RULE, enabled: true, figure: "gone" }), { text: words, state: "warning" });
  assert.equal(state({ ...RULE, enabled: false, figure: "gone" })?.text, "off");
});

test("a silence: what it matches, and what it would have hidden", () => {
  assert.equal(matched({}, known), "all alerts");
  assert.equal(matched({ rule: 7, severity: "notice" }, known), "Slow, severity notice");
  assert.equal(hidden({ total: 0, alerts: [] }), "It would have hidden no alert of the last 30 days.");
  assert.match(hidden({ total: 2, alerts: [ALERT, ALERT] }), /hidden 2 alerts of the last 30 days: Slow\./);
  const many = [..."ABCDE"].map((name) => ({ ...ALERT, name }));
  assert.match(hidden({ total: 5, alerts: many }), /: A, B, C and 2 more\.$/);
  assert.match(hidden({ total: 60, alerts: many }), /: A, B, C and at least 2 more\.$/);
  const end = silences(known).find(({ id }) => id === "end");
  const acts = ["active", "planned", "ended"].map((state) => end.cell({ id: 1, state }).acts.length);
  assert.deepEqual(acts, [1, 1, 0], "one that has ended cannot be ended");
});
