import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATIONS } from "../../../static/js/models/operations-columns.js";
import { facts, heading, tooLong } from "../../../static/js/models/operations-report.js";
import { now, report } from "../operations-report.mjs";

const state = { now, report };
const none = { now, report: null };

test("what an operator looks at first: unknown is a dash, never zero", () => {
  for (const fact of facts(none)) assert.equal(fact.value, "–", fact.id);
  const found = Object.fromEntries(
    facts({ ...state, lag: 0.2, process: { rss_bytes: 2e8, cpu_share: 0.07, since: "2026-11-22T10:00:00Z" } }).map(
      (fact) => [fact.id, fact],
    ),
  );
  assert.equal(found.failure_rate.value, "23 %");
  assert.equal(found.rss.value, "200 MB");
  assert.equal(found.rss.note, "running for 2 h");
  assert.equal(found.error_rate.note, "3 of 200");
  assert.match(found.open_sessions.note, / ended in this time$/);
  assert.equal(heading("7d"), "Last 7 days");
  assert.equal(heading("1764374400-1764378000"), "29 Nov 00:00–01:00");
});

test("sessions that are open too long are named, with the limit and a way there", () => {
  assert.equal(tooLong(null), null);
  assert.equal(tooLong(report).words, "No session has been open for longer than 1 day.");
  const found = tooLong({ too_long: { limit: 172800, count: 30, sessions: ["a b"] } });
  assert.equal(found.words, "30 sessions have been open for longer than 2 days; the oldest 1 are:");
  assert.equal(found.rows[0].href, "/sessions/a%20b/");
});

test("an operation's row says what is unknown with a dash, and what failed with a flag", () => {
  const cells = Object.fromEntries(OPERATIONS.map((column) => [column.id, column.cell(report.operations[0])]));
  assert.deepEqual([cells.memory.text, cells.cpu.text, cells.rate.text, cells.failed.flag], ["–", "–", "20 %", "bad"]);
});
