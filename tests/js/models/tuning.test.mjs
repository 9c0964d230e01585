import assert from "node:assert/strict";
import { test } from "node:test";
import { compared, marks, refused, shown, ticks, told, top } from "../../../static/js/models/tuning.js";

const at = (hour, minutes = 0) => `2026-11-30T${String(hour).padStart(2, "0")}:${String(minutes).padStart(2, "0")}:00Z`;
const one = (from, to, scope = "") => ({ scope, from, to, peak: 1 });
const trial = (...firings) => ({
  firings,
  total: firings.length,
  truncated: false,
  per_week: firings.length / 4,
  longest_seconds: 0,
  gained: null,
  lost: null,
  words: [],
  known_from: null,
});

test("told: how often, how long, to whom", () => {
  const found = told({ ...trial(one(at(1), at(1, 40)), one(at(3), at(3))), longest_seconds: 2400 }, ["hook"], 0);
  assert.equal(found, "0.5 times a week · 2 in 30 days · longest 40 min · tells: hook");
  assert.match(told({ ...trial(), per_week: 2074.2 }, [], 0), /^2,074 times a week/);
  assert.match(told(trial(), [], 0), /^0 times a week · 0 in 30 days · tells: nobody$/);
  const young = { ...trial(one(at(1), at(2))), longest_seconds: 3600, known_from: at(0) };
  assert.equal(told(young, [], Date.parse(at(12))), "1 in 12 h · longest 1 h · tells: nobody");
});

test("compared: what the server counted over all firings of both rules", () => {
  assert.equal(compared(trial()), "");
  assert.equal(compared({ ...trial(), gained: 0, lost: 0 }), "The same alerts as the saved rule.");
  const more = { ...trial(one(at(1), at(2))), truncated: true, gained: 999, lost: 0 };
  assert.equal(compared(more), "Against the saved rule: +999 gained, −0 lost.");
  assert.equal(shown(more), "The bands are the newest 1 of these alerts.");
  assert.equal(shown(trial()), "");
});

test("marks: caught true and false alarms", () => {
  const marked = [
    { ...one(at(1), at(2)), marked: "true" },
    { ...one(at(9), at(9)), marked: "true" },
    { ...one(at(1), at(2)), marked: "false" },
    { ...one(at(1), at(2)), marked: null },
  ];
  const tried = trial(one(at(1), at(2)));
  const none = { saved: 0, tried: 0 };
  assert.equal(marks(marked, tried, none), "Of the marked ones it catches 1 of 2 true alarms and 1 of 1 false alarm.");
  assert.equal(marks([], tried, none), "");
  const later = trial(one(at(2, 10), at(2, 10)));
  assert.match(marks(marked, later, { saved: 600, tried: 0 }), /catches 1 of 2 true/);
  assert.match(marks(marked, later, { saved: 599, tried: 0 }), /catches 0 of 2 true/);
  assert.match(marks(marked, { ...later, truncated: true }, none), /since .* it catches 0 of 1 true alarm\.$/);
});

test("top: over the values and the threshold", () => {
  assert.ok(top([[0, 1, 10]], 2) > 10);
  assert.ok(top([], 40) > 40);
});

test("ticks: round values of the unit, five at most above zero", () => {
  assert.deepEqual(ticks(109, "s"), [0, 30, 60, 90]);
  assert.deepEqual(ticks(4.2, "s"), [0, 1, 2, 3, 4]);
  assert.deepEqual(ticks(400_000, "s"), [0, 86_400, 172_800, 259_200, 345_600]);
  assert.deepEqual(
    ticks(0.21, "share").map((one) => one.toFixed(2)),
    ["0.00", "0.05", "0.10", "0.15", "0.20"],
  );
  assert.deepEqual(ticks(1_000_000, "tokens").length, 6);
});

test("refused: the field that the words name", () => {
  const fields = ["threshold", "window_seconds"];
  assert.deepEqual(refused("window_seconds: must not be negative", fields), ["window_seconds", "must not be negative"]);
  assert.deepEqual(refused("Expected `float` - at `$.rule.threshold`", fields), ["threshold", "Expected `float`"]);
  assert.deepEqual(refused("there are 2000 rules already", fields), ["", "there are 2000 rules already"]);
});
