import assert from "node:assert/strict";
import { test } from "node:test";
import { asOf, DAYS, days, facts, OF_MODELS } from "../../../static/js/models/period.js";
import { usage } from "../reports.mjs";

const part = (more = {}) => ({
  title: "October 2026",
  days: 7,
  usage: usage(7),
  responses: { p50: 3, p95: 9 },
  daily: [],
  error_rate: 0.02,
  ...more,
});
const report = (more = {}) => ({
  name: "2026-11",
  complete: false,
  as_of: "2026-11-29T12:00:00Z",
  now: part(),
  before: part({ responses: { p50: 2, p95: 9 }, error_rate: 0.01 }),
  ...more,
});

test("each figure stands beside the same of the period before", () => {
  const found = Object.fromEntries(facts(report()).map(({ id, note }) => [id, note]));
  assert.equal(found.response_p50, "▲ 50 % · before: 2.0 s");
  assert.equal(found.response_p95, "no change · before: 9.0 s");
  assert.equal(found.error_rate, "▲ 1 points · before: 1.0 %");
  const bare = facts(report({ before: part({ responses: null, error_rate: null }) }));
  assert.equal(bare.find(({ id }) => id === "response_p50").note, "no earlier data");
  const empty = usage(7);
  empty.totals = { ...empty.totals, messages: 0, cost: 0 };
  const young = facts(report({ before: part({ usage: empty }) }));
  assert.deepEqual([...new Set(young.map(({ note }) => note))], ["no earlier data"], "nothing was watched");
  const none = facts(report({ now: part({ responses: null }) })).find(({ id }) => id === "response_p50");
  assert.deepEqual([none.value, none.note], ["–", "before: 2.0 s"]);
});

test("a period that is not over says how far it reaches and what it is beside", () => {
  assert.match(asOf(report()), /^not over: 7 days so far beside the first 7 of October 2026 · as of 2026-11-29/);
  assert.equal(asOf(report({ complete: true })), "complete");
});

test("each day is a row, and what is unknown of it is null", () => {
  const rows = days(report({ now: part({ daily: [{ t: usage(7).by_day[1].t, p50: 2, p95: 5 }] }) }));
  assert.equal(rows.length, 7);
  assert.match(rows[0].day, /^2026-11-\d\d$/);
  assert.deepEqual([rows[0].p50, rows[1].p50, rows[1].p95], [null, 2, 5]);
  assert.ok(rows.every((row) => row.tokens > 0));
  const late = usage(7);
  for (const day of late.by_day.slice(0, 3)) day.messages = 0;
  assert.equal(days(report({ now: part({ usage: late }) })).length, 4, "from the first day with a message on");
  for (const day of late.by_day) day.messages = 0;
  assert.deepEqual(days(report({ now: part({ usage: late }) })), [], "nothing is known of a month without a message");
  assert.equal(DAYS.length, 8);
  assert.ok(OF_MODELS.length < 10);
});
