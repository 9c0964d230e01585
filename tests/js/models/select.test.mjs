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

test("the bucket that is still filling is left out of areas when others hold something", () => {
  const full = [600, 660, 720, 780].map((t) => ({ t, tokens: { a: 10 } }));
  assert.deepEqual(select.tokens(state(full)).times, [600, 660, 720]);
  assert.deepEqual(select.tokens(state(full.slice(3))).times, [600, 660, 720, 780]);
});

test("sessions: active has gaps, started has zeros", () => {
  const rows = select.sessions(state([{ t: 660, active: 4, started: 2 }]));
  assert.deepEqual(rows.active, [null, 4, null, null]);
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
