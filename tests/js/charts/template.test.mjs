import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countAxis,
  dayWords,
  drill,
  largest,
  last,
  leftMargin,
  sum,
  sums,
} from "../../../static/js/charts/template.js";

const look = { "text-2": "grey", "line-1": "light" };

test("the largest of values leaves out what is unknown, and is zero of none", () => {
  assert.equal(largest([1, null, 3, undefined, 2]), 3);
  assert.equal(largest([]), 0);
});

test("the highest stack is that of one place, not of the highest parts", () => {
  const stack = [
    { name: "a", values: [5, 0, null] },
    { name: "b", values: [0, 4, 3] },
  ];
  assert.deepEqual(sums(stack), [5, 4, 3]);
  assert.equal(largest(sums(stack)), 5);
  assert.deepEqual([sums([]), sum([1, null, undefined, 2])], [[], 3]);
});

test("the last value is the last known one", () => {
  assert.equal(last([1, 2, null]), 2);
  assert.equal(last([null]), null);
});

test("a click on a bucket leads to its sessions; rows without buckets lead nowhere", () => {
  const href = drill({ times: [0, 60], step: 60 }, { index: 1 });
  assert.equal(href, "/sessions/?since=1970-01-01T00%3A01%3A00Z&until=1970-01-01T00%3A02%3A00Z");
  assert.equal(drill({ times: [0], step: 60 }, { index: 3 }), null);
  assert.equal(drill({ bars: [] }, { index: 0 }), null);
});

test("an axis of counts begins at zero, and its unit stands at each mark", () => {
  const axis = countAxis(10, look, { unit: " s" });
  assert.deepEqual([axis.tickvals[0], axis.tickvals.at(-1), axis.ticktext.at(-1)], [0, 10, "10 s"]);
  assert.deepEqual(countAxis(40_000, look, { ends: true }).ticktext, ["0", "40 k"]);
});

test("the left margin grows with the longest label of all axes", () => {
  const [short, long] = [{ ticktext: ["1"] }, { ticktext: ["1", "100,000"] }];
  assert.ok(leftMargin(short) < leftMargin(long));
  assert.equal(leftMargin(short, long), leftMargin(long));
});

test("a day is written in UTC", () => assert.equal(dayWords(86_400 * 365), "1971-01-01"));
