import assert from "node:assert/strict";
import { test } from "node:test";
import { compared, marks, refused, ticks, told, top } from "../../../static/js/models/tuning.js";

const at = (hour, minutes = 0) => `2026-11-30T${String(hour).padStart(2, "0")}:${String(minutes).padStart(2, "0")}:00Z`;
const one = (from, to, scope = "") => ({ scope, from, to, peak: 1 });
const trial = (...firings) => ({ firings, total: firings.length, per_week: firings.length / 4, words: [] });

test("told: how often, how long, to whom", () => {
  const found = told(trial(one(at(1), at(1, 40)), one(at(3), at(3))), ["hook"], 0);
  assert.equal(found, "0.5 times a week · 2 in 30 days · longest 40 min · tells: hook");
  assert.match(told(trial(), [], 0), /^0 times a week · 0 in 30 days · tells: nobody$/);
  const young = { ...trial(one(at(1), at(2))), exact_from: at(0) };
  assert.equal(told(young, [], Date.parse(at(12))), "1 in 12 h · longest 1 h · tells: nobody");
  assert.match(told(trial(one(at(1), null)), [], Date.parse(at(2))), /longest 1 h/);
});

test("compared: gained and lost by overlap in one scope", () => {
  const saved = trial(one(at(1), at(2)), one(at(5), at(6)));
  assert.equal(compared(null, saved), "");
  assert.equal(compared(saved, saved), "The same alerts as the saved rule.");
  const tried = trial(one(at(1, 30), at(3)), one(at(5), at(6), "other"), one(at(8), null));
  assert.equal(compared(saved, tried), "Against the saved rule: +2 gained, −1 lost.");
});

test("marks: caught true and false alarms", () => {
  const marked = [
    { ...one(at(1), at(2)), marked: "true" },
    { ...one(at(9), at(9)), marked: "true" },
    { ...one(at(1), at(2)), marked: "false" },
    { ...one(at(1), at(2)), marked: null },
  ];
  const tried = trial(one(at(1), at(2)));
  assert.equal(marks(marked, tried), "Of the marked ones it catches 1 of 2 true alarms and 1 of 1 false alarm.");
  assert.equal(marks([], tried), "");
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
