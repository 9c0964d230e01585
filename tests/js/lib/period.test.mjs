/** The time of a page: window strings, their words and their addresses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  around,
  asked,
  field,
  fixed,
  named,
  parameters,
  preset,
  rangeWords,
  written,
} from "../../../static/js/lib/period.js";

const at = (text) => Date.parse(text) / 1000;
const of = (query) => asked(new URLSearchParams(query));

/** Runs act() where the clocks are those of `zone`. */
function inZone(zone, act) {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return act();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

test("a fixed window has two ends in seconds", () => {
  assert.deepEqual(fixed("1764370800-1764374400"), { from: 1764370800, to: 1764374400 });
  for (const window of ["6h", "", "1-", "-5", "a-b", "1-2-3"]) assert.equal(fixed(window), null, window);
});

test("an address asks for a range, for a time, or for days as it did before", () => {
  assert.equal(of("range=6h"), "6h");
  assert.equal(of("days=28"), "28d");
  assert.equal(of(""), null);
  const window = named({ from: at("2026-11-28T19:00:00Z"), to: at("2026-11-28T20:00:00Z") });
  assert.equal(of("from=2026-11-28T19:00:00Z&to=2026-11-28T20:00:00Z&range=6h"), window);
  assert.equal(of("from=2026-11-28T20:00:00%2B01:00&to=2026-11-28T20:00:00Z"), window, "with an offset");
});

test("a time that is no time, too short or too long is not asked for", () => {
  for (const [from, to] of [
    ["x", "2026-11-28T20:00:00Z"],
    ["2026-11-28T20:00:00Z", "2026-11-28T19:00:00Z"],
    ["2026-11-28T20:00:00Z", "2026-11-28T20:00:59Z"],
    ["2020-11-28T20:00:00Z", "2026-11-28T20:00:00Z"],
  ])
    assert.equal(of(`from=${from}&to=${to}&range=1h`), "1h", from);
});

test("a fixed range of a wrong length is not asked for", () => {
  for (const range of ["5-3", "1764370800-1764370830", "100-1764374400"]) assert.equal(of(`range=${range}`), null);
  assert.equal(of("range=1764370800-1764374400"), "1764370800-1764374400");
});

test("what is written into an address is read from it", () => {
  const window = "1764370800-1764374400";
  const written_ = parameters(window);
  assert.deepEqual(written_, { range: null, from: "2025-11-28T23:00:00Z", to: "2025-11-29T00:00:00Z", days: null });
  assert.equal(of(new URLSearchParams(Object.entries(written_).filter(([, value]) => value))), window);
  assert.deepEqual(parameters("6h"), { range: "6h", from: null, to: null, days: null });
  assert.deepEqual(parameters(null), { range: null, from: null, to: null, days: null });
});

test("a zoom goes outwards to whole minutes, ends at the present, and has at least a minute", () => {
  const now = 10_000_000;
  assert.equal(around([100_500, 1_000_100], now), "60-1020");
  assert.equal(around([100_500, 200_100], now), "100-201", "short: whole seconds");
  assert.equal(around([9_990_000, 11_000_000], now), "9940-10000");
  assert.equal(around([-5_000_000_000, 9_000_000], now), "0-9000", "not before 1970");
  assert.equal(around([500_000, 510_000], now), "450-510");
});

test("a form names its ends in the viewer's zone, and says what is wrong with them", () =>
  inZone("Europe/Berlin", () => {
    const window = named({ from: at("2026-11-28T19:00:00Z"), to: at("2026-11-28T20:00:00Z") });
    assert.deepEqual(written("2026-11-28T20:00", "2026-11-28T21:00"), { window });
    assert.equal(field(at("2026-11-28T19:00:00Z")), "2026-11-28T20:00");
    assert.equal(field(at("2026-11-28T19:00:07Z")), "2026-11-28T20:00:07");
    assert.match(written("", "2026-11-28T21:00").wrong, /both ends/);
    assert.match(written("2026-11-28T21:00", "2026-11-28T21:00").wrong, /at least a minute/);
    assert.match(written("2020-11-28T21:00", "2026-11-28T21:00").wrong, /400 days/);
  }));

test("today, yesterday, this week and this month are those of the viewer's calendar", () =>
  inZone("Europe/Berlin", () => {
    const now = new Date("2026-10-25T12:00:00Z"); // a Sunday, on which the clocks go back
    const of_ = (name) => fixed(preset(name, now));
    assert.deepEqual(of_("today"), { from: at("2026-10-24T22:00:00Z"), to: at("2026-10-25T23:00:00Z") }, "25 hours");
    assert.deepEqual(of_("yesterday"), { from: at("2026-10-23T22:00:00Z"), to: at("2026-10-24T22:00:00Z") });
    assert.deepEqual(of_("week"), { from: at("2026-10-18T22:00:00Z"), to: at("2026-10-25T23:00:00Z") });
    assert.deepEqual(of_("month"), { from: at("2026-09-30T22:00:00Z"), to: at("2026-10-31T23:00:00Z") });
  }));

test("a window in words", () =>
  inZone("Europe/Berlin", () => {
    const words = (from, to) => rangeWords(named({ from: at(from), to: at(to) }));
    assert.deepEqual(["1h", "6h", "15m", "28d", "own"].map(rangeWords), [
      ...["last hour", "last 6 hours", "last 15 min", "last 28 days", "own"],
    ]);
    assert.equal(words("2026-11-28T19:00:00Z", "2026-11-28T20:00:00Z"), "28 Nov 20:00–21:00");
    assert.equal(words("2026-11-28T19:00:00Z", "2026-11-28T19:05:30Z"), "28 Nov 20:00–20:05:30");
    assert.equal(words("2026-11-28T19:00:00Z", "2026-11-29T01:00:00Z"), "28 Nov 20:00 – 29 Nov 02:00");
    assert.equal(words("2026-11-27T23:00:00Z", "2026-11-28T23:00:00Z"), "28 Nov");
    assert.equal(words("2026-11-22T23:00:00Z", "2026-11-29T23:00:00Z"), "23 Nov – 29 Nov");
  }));
