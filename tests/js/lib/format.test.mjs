import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../static/js/lib/format.js";

const cases = (write, pairs) => {
  for (const [given, wanted] of pairs) assert.equal(write(given), wanted, `${write.name}(${given})`);
};

test("durations", () =>
  cases(format.duration, [
    [0, "0 s"],
    [0.00012, "< 1 ms"],
    [0.24, "240 ms"],
    [0.9994, "999 ms"],
    [0.9996, "1.0 s"],
    [4.2, "4.2 s"],
    [59.94, "59.9 s"],
    [59.96, "1 min"],
    [60, "1 min"],
    [190, "3 min 10 s"],
    [3600, "1 h"],
    [7500, "2 h 5 min"],
    [356400, "4 d 3 h"],
    [null, "–"],
    [NaN, "–"],
    [-1, "–"],
    [undefined, "–"],
  ]));

test("counts", () =>
  cases(format.count, [
    [0, "0"],
    [7, "7"],
    [2.34, "2.3"],
    [12480, "12,480"],
    [999999, "999,999"],
    [1200000, "1.2 M"],
    [2000000, "2 M"],
    [1.5e9, "1.5 G"],
    [null, "–"],
    ["3", "–"],
  ]));

test("cost carries as many digits as mean something", () =>
  cases(format.cost, [
    [0, "US$ 0"],
    [0.00042, "US$ 0.00042"],
    [0.0123, "US$ 0.012"],
    [0.0996, "US$ 0.10"],
    [0.92, "US$ 0.92"],
    [3.41, "US$ 3.41"],
    [999.49, "US$ 999.49"],
    [1204.5, "US$ 1,205"],
    [0.0000004, "< US$ 0.000001"],
    [null, "–"],
  ]));

test("shares", () =>
  cases(format.percent, [
    [0, "0"],
    [0.018, "1.8"],
    [0.0004, "0.04"],
    [0.00001, "< 0.01"],
    [0.23, "23"],
    [1, "100"],
    [null, "–"],
  ]));

test("shares with their sign", () =>
  cases(format.share, [
    [0.018, "1.8 %"],
    [0, "0 %"],
    [null, "–"],
    [undefined, "–"],
  ]));

test("ages", () =>
  cases(format.age, [
    [0.3, "< 1 s"],
    [4.9, "4 s"],
    [59, "59 s"],
    [120, "2 min"],
    [7300, "2 h"],
    [200000, "2 d"],
    [null, "–"],
  ]));

test("relative times, and a dash for what is no time", () => {
  const now = Date.parse("2026-11-22T09:30:00Z");
  assert.equal(format.ago("2026-11-22T09:29:48Z", now), "12 s ago");
  assert.equal(format.ago("2026-11-22T09:30:02Z", now), "just now");
  assert.equal(format.ago("2026-11-22T09:30:59Z", now), "just now", "clocks differ a little");
  assert.equal(format.ago("2026-11-23T08:30:00Z", now), "in 23 h");
  assert.equal(format.ago("2026-11-22T09:32:00Z", now), "in 2 min");
  assert.equal(format.ago(null, now), "–");
  assert.equal(format.ago("soon", now), "–");
});

test("an exact time names its zone", () => {
  assert.match(format.exact("2026-11-22T09:30:00Z"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+/);
  assert.equal(format.exact(null), "–");
});

test("change against a week before is omitted where either is unknown", () => {
  assert.equal(format.change(5, null), null);
  assert.equal(format.change(null, 5), null);
  assert.deepEqual(format.change(112, 100), { way: "up", words: "12 %", size: 0.12 });
  assert.equal(format.change(90, 100).way, "down");
  assert.equal(format.change(100.1, 100).words, "no change");
  assert.equal(format.change(3, 0).words, "was 0");
  assert.equal(format.change(0, 0).words, "no change");
  assert.equal(format.change(2500, 100).words, "× 25");
  assert.equal(format.change(0.018, 0.022, "points").words, "0.4 points");
});

test("bytes are written in the unit that fits, and an unknown number is a dash", () => {
  assert.deepEqual([0, 999, 1500, 2e8, 12.5e9, null].map(format.bytes), [
    "0 B",
    "999 B",
    "1.5 kB",
    "200 MB",
    "12.5 GB",
    "–",
  ]);
});

test("epoch seconds of a time are zero for what is no time", () => {
  assert.deepEqual(["1970-01-01T00:01:00Z", "soon", null].map(format.epoch), [60, 0, 0]);
});

test("a number of things is one or more, and a text begins with a capital", () => {
  assert.deepEqual(
    [1, 2, 0, 1200].map((n) => format.plural(n, "session")),
    [...["1 session", "2 sessions", "0 sessions", "1,200 sessions"]],
  );
  assert.deepEqual(["stats", "", "Überall"].map(format.capital), ["Stats", "", "Überall"]);
  assert.deepEqual([7, 12, 123].map(format.two), ["07", "12", "123"]);
});

test("known is a finite number", () => {
  assert.deepEqual([0, -1, 1.5, NaN, Infinity, null, undefined, "3"].map(format.known), [
    ...[true, true, true, false, false, false, false, false],
  ]);
});
