import assert from "node:assert/strict";
import { test } from "node:test";
import { count, duration } from "../../../static/js/lib/format.js";
import { figures, links, texts, times, wait } from "../../../static/js/models/columns.js";
import { arrange, sheet } from "../../../static/js/views/table.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");

test("a column of figures sorts by the number, writes it, and a file holds it as it is", () => {
  const column = figures("tokens", "Tokens", count, { means: "sessions.tokens" });
  assert.deepEqual([column.id, column.name, column.num, column.means], ["tokens", "Tokens", true, "sessions.tokens"]);
  assert.deepEqual(column.cell({ tokens: 12480 }, NOW), { text: "12,480" });
  assert.deepEqual(column.cell({ tokens: null }, NOW), { text: "–" });
  assert.deepEqual(sheet([column], [{ tokens: 7 }, { tokens: null }]), [["Tokens"], [[7], [null]]]);
});

test("what more a column says replaces what its kind says", () => {
  const cell = ({ failed }) => ({ text: count(failed), flag: "bad" });
  assert.deepEqual(figures("failed", "Failed", count, { cell }).cell({ failed: 2 }, NOW), { text: "2", flag: "bad" });
  assert.equal(texts("name", "Name", { wrap: true }).wrap, true);
});

test("a text is whole in its title; null is an empty cell, and null in a file", () => {
  const column = texts("error", "Error");
  assert.deepEqual(column.cell({ error: "timed out" }, NOW), { text: "timed out", title: "timed out" });
  assert.deepEqual(column.cell({ error: null }, NOW), { text: "", title: "" });
  assert.deepEqual(sheet([column], [{ error: null }])[1], [[null]]);
});

test("a link leads somewhere, or is a text where the row leads nowhere", () => {
  const column = links(
    "id",
    "Session",
    (row) => row.id,
    (row) => (row.known ? `/sessions/${row.id}/` : null),
  );
  assert.deepEqual(column.cell({ id: "a", known: true }, NOW), { text: "a", href: "/sessions/a/", title: "a" });
  assert.deepEqual(column.cell({ id: "b", known: false }, NOW), { text: "b", href: undefined, title: "b" });
});

test("a time is an age; it sorts as a moment, a file holds it as it came, and unknown is last", () => {
  const column = times("last", "Last");
  const [old, young, never] = ["2026-11-22T11:00:00Z", "2026-11-22T11:59:48Z", null].map((last) => ({ last }));
  const cell = column.cell(young, NOW);
  assert.deepEqual([cell.text, cell.time], ["12 s ago", young.last]);
  assert.deepEqual([column.cell(never, NOW).text, column.cell(never, NOW).time], ["–", undefined]);
  for (const [down, wanted] of [
    [true, [young, old, never]],
    [false, [old, young, never]],
  ])
    assert.deepEqual(arrange([never, old, young], [column], { by: "last", down }), wanted);
  assert.deepEqual(sheet([column], [old])[1], [[old.last]]);
});

test("a wait is marked from ten seconds on, more from thirty, and unknown is not marked", () => {
  assert.deepEqual(
    [9.4, 16.9, 47, null].map((seconds) => wait(seconds)),
    [
      { text: "9.4 s", flag: undefined },
      { text: "16.9 s slow", flag: "slow" },
      { text: "47.0 s very slow", flag: "very slow" },
      { text: "–", flag: undefined },
    ],
  );
  assert.equal(wait(60).text, `${duration(60)} very slow`);
});
