import assert from "node:assert/strict";
import { test } from "node:test";
import { withGaps } from "../../../static/js/charts/gap-column.js";
import { filed } from "../../../static/js/charts/template.js";

const table = {
  columns: ["Time", "Messages", "p50"],
  rows: [0, 60, 120, 180].map((t, i) => [String(t), [3, 0, 0, 5][i], [1, null, null, 2][i]]),
  write: String,
  at: [0, 60, 120, 180],
};
const rows = { times: [0, 60, 120, 180], step: 60 };
const gap = (kind, from, to) => ({ kind, from, to, words: "" });

test("a table names the gap of each row, and a zero of a time without sbdash is unknown", () => {
  const layer = { gaps: [gap("down", 50, 120), gap("lag", 100, 180)], marks: [] };
  const made = withGaps(table, rows, layer);
  assert.deepEqual(made.columns, ["Time", "Messages", "p50", "Gap"]);
  assert.deepEqual(
    made.rows.map((row) => row.slice(1)),
    [
      [3, 1, "not running"],
      [null, null, "not running"],
      [0, null, "late"],
      [5, 2, ""],
    ],
  );
  assert.deepEqual(filed(made).rows[1].slice(1), [null, null, "not running"], "its file says the same");
});

test("a table has no such column where no gap touches it, or where its rows are no times", () => {
  for (const layer of [null, undefined, { gaps: [], marks: [] }, { gaps: [gap("down", 300, 400)], marks: [] }])
    assert.equal(withGaps(table, rows, layer), table);
  assert.equal(withGaps(table, {}, { gaps: [gap("down", 0, 400)], marks: [] }), table);
});
