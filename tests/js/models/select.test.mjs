import assert from "node:assert/strict";
import { test } from "node:test";
import * as select from "../../../static/js/models/select.js";

const state = (buckets, more = {}) => ({ step: 60, from: 600, now: new Date(785_000).toISOString(), buckets, ...more });

test("the grid has every minute from the first to the one that is filling", () => {
  assert.deepEqual(select.grid(state([])), [600, 660, 720, 780]);
});

test("lines keep a gap as null, also within a bucket that nobody waited in", () => {
  const rows = select.response(
    state([
      { t: 600, wait: { p50: 1, p95: 2, p99: 3, count: 4 } },
      { t: 720, wait: null },
      { t: 780, wait: { p50: 5, p95: 6, p99: 7, count: 1 } },
    ]),
  );
  assert.deepEqual(rows.series[0].values, [1, null, null, 5]);
  assert.deepEqual(rows.counts, [4, 0, 0, 1]);
});

test("counts say zero where nothing came", () => {
  const rows = select.messages(state([{ t: 660, messages: { user: 3, assistant: 2 } }]));
  assert.deepEqual(
    rows.series.map((line) => [line.name, line.values]),
    [
      ["user", [0, 3, 0, 0]],
      ["assistant", [0, 2, 0, 0]],
    ],
  );
});

test("rates are a minute whatever the bucket's width", () => {
  const wide = {
    step: 300,
    from: 600,
    now: new Date(650_000).toISOString(),
    buckets: [{ t: 600, messages: { user: 50 } }],
  };
  assert.deepEqual(select.messages(wide).series[0].values, [10]);
});

test("roles that never spoke have no series, and the order of roles is fixed", () => {
  const rows = select.messages(state([{ t: 600, messages: { tool: 1, user: 1, system: 0 } }]));
  assert.deepEqual(
    rows.series.map((line) => line.name),
    ["user", "tool"],
  );
});

test("more models than colours: the small ones are summed as other", () => {
  const tokens = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`m${i}`, 100 - i]));
  const rows = select.tokens(state([{ t: 600, tokens }]));
  assert.equal(rows.series.length, 8);
  assert.equal(rows.series.at(-1).name, "other");
  assert.equal(rows.series.at(-1).values[0], 93 + 92);
});

test("a line ends before the bucket that is filling when two others are known", () => {
  const one = { tokens: { a: 10 }, active: 3, wait: { p50: 1, p95: 2, p99: 3, count: 4 } };
  const full = state([600, 660, 720, 780].map((t) => ({ t, ...one })));
  assert.deepEqual(select.tokens(full).series[0].values, [10, 10, 10, null]);
  assert.deepEqual(select.sessions(full).active, [3, 3, 3, null]);
  assert.deepEqual(select.response(full).series[0].values, [1, 1, 1, null]);
  const first = state([{ t: 780, ...one }], { from: 720 });
  assert.deepEqual(select.tokens(first).series[0].values, [0, 10]);
});

test("bars say whether their last bucket is filling", () => {
  const buckets = [{ t: 780, messages: { user: 1 } }];
  assert.equal(select.messages(state(buckets)).fills, true);
  assert.equal(select.messages(state(buckets, { now: new Date(839_999).toISOString() })).fills, true);
});

test("counts before the first event are unknown, not zero", () => {
  const of = (silent) => {
    const heat = { from: -silent * 3600, messages: [...Array(silent).fill(0), 7], tokens: [], cost: [] };
    return select.messages(state([{ t: 660, messages: { user: 3 } }], { heat, from: -120 })).series[0].values;
  };
  assert.deepEqual(of(7 * 24).slice(0, 4), [null, null, 0, 0]);
  assert.deepEqual(of(7 * 24 - 1).slice(0, 4), [0, 0, 0, 0], "a shorter silence is one");
});

test("sessions: none is active, and none is new, where nothing came", () => {
  const rows = select.sessions(state([{ t: 660, active: 4, started: 2 }]));
  assert.deepEqual(rows.active, [0, 4, 0, null]);
  assert.deepEqual(rows.started, [0, 2, 0, 0]);
});

test("a figure is stale after two minutes by the server's clock", () => {
  const now = Date.parse("2026-11-22T09:30:00Z");
  assert.equal(select.stale(select.ageOf("2026-11-22T09:28:01Z", now)), false);
  assert.equal(select.stale(select.ageOf("2026-11-22T09:27:59Z", now)), true);
  assert.equal(select.stale(select.ageOf(null, now)), false);
  assert.equal(select.ageOf("2026-11-22T09:30:05Z", now), 0);
});

test("waits are called slow over 10 s and very slow over 30 s", () => {
  assert.deepEqual([null, 10, 10.1, 30, 31].map(select.slowness), [null, null, "slow", "slow", "very slow"]);
});

test("search wants every word, in any field", () => {
  const rows = [
    { role: "assistant", status: "failed", model: "llama3.2", error: "Timed out" },
    { role: "user", status: "failed" },
    { role: "assistant", status: "completed", wait: 44 },
  ];
  assert.equal(select.search(rows, "failed TIMED").length, 1);
  assert.equal(select.search(rows, "very slow").length, 1);
  assert.equal(select.search(rows, "  ").length, 3);
});

test("an error rate is unknown, not zero, where no message came", () => {
  const values = select.sparks.errors(
    state([
      { t: 600, messages: { user: 4 }, errors: { message: 1 } },
      { t: 660, messages: {} },
    ]),
  );
  assert.deepEqual(values, [0.25, null, null, null]);
});

test("the seven largest names stand in their order; more than seven are other, with the series of all of them", () => {
  const record = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`m${i}`, 10 - i]));
  const asked = [];
  const lines = select.ranked([record, undefined, { m8: 50, none: 0 }], (names) => {
    asked.push(names);
    return [names.length];
  });
  assert.deepEqual(
    lines.map(({ name, total }) => [name, total]),
    [...[10, 9, 8, 7, 6, 5].map((total, i) => [`m${i}`, total]), ["m8", 52], ["other", 7]],
  );
  assert.deepEqual([asked.at(-1), lines.at(-1).values, lines.at(-1).other], [["m6", "m7"], [2], true]);
});

test("a search finds rows that hold every word, in any case and in any of their texts", () => {
  const rows = [["Alpha", null], ["beta", "ALPHA two"], ["gamma"]];
  assert.deepEqual(
    select.holding(" alpha  TWO", rows, (row) => row),
    [rows[1]],
  );
  assert.equal(
    select.holding("  ", rows, (row) => row),
    rows,
  );
});

test("a spark of a sum leaves out the bucket that is filling; the cost runs up", () => {
  const bucket = (t, n) => ({ t, messages: { user: n }, tokens: { m: 10 * n }, cost: { m: n / 10 }, active: n });
  const state = {
    ...{ step: 60, from: 0, now: new Date(150_000).toISOString() },
    buckets: [bucket(0, 1), bucket(60, 2), bucket(120, 4)],
  };
  assert.deepEqual(select.sparks.messages(state), [1, 2, null]);
  assert.deepEqual(select.sparks.tokens(state), [10, 20, null]);
  assert.deepEqual(
    select.sparks.cost(state).map((value) => value && Number(value.toFixed(2))),
    [0.1, 0.3, null],
  );
  assert.deepEqual(select.sparks.active(state), [1, 2, null]);
  assert.deepEqual(select.sparks.errors(state), [0, 0, null]);
});

test("a count without events is zero, and unknown where sbdash did not run; what came later is shown", () => {
  const gaps = [{ from: 130, to: 250, kind: "down", words: "sbdash was not running" }];
  const state = {
    ...{ from: 0, step: 60, now: new Date(419_000).toISOString(), range: "1h" },
    layer: { gaps, marks: [] },
    buckets: [
      { t: 0, messages: { user: 2 } },
      { t: 180, messages: { user: 5 } },
    ],
  };
  assert.deepEqual(select.messages(state).series[0].values, [2, 0, null, 5, null, 0, 0]);
});
