import assert from "node:assert/strict";
import { test } from "node:test";
import { checkWords } from "../../../static/js/models/check-now.js";
import { verdict } from "../../../static/js/models/operations.js";

const report = { sessions: 12_480, messages: 128, moving: 0, seconds: 4.2, counts: {}, differences: [], ended: null };
const all = { session: "", state: "running", checked: 400, total: 12_480, report: null };
const one = { ...all, session: "a", checked: 0, total: 1 };
const NAMES = { message_count: ["Messages", "messages"], wait_sum: ["Sum of the waits", "µs"] };
const words = (state, busy) => checkWords(state, NAMES, busy)?.words;

test("a check says how far it is, and what it found", () => {
  assert.equal(words(null), undefined);
  assert.equal(words(all), "Checking: 400 of 12,480 sessions");
  assert.equal(words({ ...all, state: "done", report }), "All figures match · 12,480 sessions checked in 4.2 s");
  const found = { ...report, counts: { recalculation: { unknown: 3 } } };
  assert.deepEqual(checkWords({ ...all, state: "done", report: found }, NAMES), {
    words: "3 differences · 12,480 sessions checked in 4.2 s",
    well: "bad",
  });
});

test("a check of one session names the figures that differ", () => {
  assert.equal(words(one), "Checking…");
  assert.equal(words({ ...one, state: "done", report }), "All figures match · recalculated from 128 messages");
  const against = "recalculation";
  const differences = [
    { figure: "message_count", ours: 5, theirs: 4, against },
    { figure: "wait_sum", ours: 1_500_000, theirs: null, against: "application" },
  ];
  const found = { ...report, counts: { recalculation: { unknown: 1 }, application: { late: 1 } }, differences };
  assert.equal(
    words({ ...one, state: "done", report: found }),
    "2 differences: Messages 5 here, 4 recalculated; Sum of the waits 1.5 s here, – in the application" +
      " · recalculated from 128 messages",
  );
  assert.match(words({ ...one, state: "done", report: { ...report, moving: 1 } }), /changed while/);
});

test("a check that did not end, and one that another keeps waiting, say so", () => {
  for (const state of ["failed", "interrupted"]) assert.equal(checkWords({ ...all, state }, NAMES).well, "bad");
  assert.match(words(null, true), /Another check runs/);
  assert.equal(words(all, true), "Checking: 400 of 12,480 sessions", "it is the one that was asked for");
});

test("figures are only called right where they were checked", () => {
  const few = verdict({ ...report, sessions: 1 }, [], 0, 17_420);
  assert.deepEqual([few.word, few.well], ["1 of 17,421 sessions checked", "off"]);
  assert.equal(verdict(report, [], 0, 20).well, "good");
  assert.equal(verdict(report, [], 0).facts.find(({ name }) => name === "Sessions").words, "12,480");
});
