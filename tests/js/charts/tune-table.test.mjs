import assert from "node:assert/strict";
import { test } from "node:test";
import { filed } from "../../../static/js/charts/template.js";
import { tuneTable } from "../../../static/js/charts/tune-table.js";
import { isoLocal } from "../../../static/js/lib/format.js";

const curve = {
  points: [
    [0, 1, 2],
    [600, 3, 9],
    [1800, 4, 4],
  ],
  width: 600,
};
const iso = (seconds) => new Date(seconds * 1000).toISOString();
const trial = (...firings) => ({ firings, total: firings.length });
const firing = (from, to) => ({ scope: "", from: iso(from), to: to === null ? null : iso(to), peak: 1 });

test("each part of the time has its values, and whether the rule would have fired in it", () => {
  const { columns, rows, write } = tuneTable(curve, trial(firing(650, 700)), "s", (value) => `${value} s`);
  assert.deepEqual(columns, ["Time", "Least", "Largest", "Would have fired"]);
  assert.deepEqual(
    rows.map(([, ...values]) => values),
    [
      [1, 2, ""],
      [3, 9, "fires"],
      [4, 4, ""],
    ],
  );
  assert.equal(write(9, 2), "9 s");
  const fires = (...firings) => tuneTable(curve, trial(...firings), "s", String).rows.map((row) => row[3] === "fires");
  assert.deepEqual(fires(firing(1800, 1800)), [false, false, true], "a moment");
  assert.deepEqual(fires(firing(599, null)), [true, true, true], "one that has not ended");
  const words = (found) => tuneTable(curve, found, "s", String).rows.map((row) => row[3]);
  assert.deepEqual(words({ firings: [firing(650, 700)], total: 2 }), ["not known", "fires", ""], "the newest alone");
  assert.deepEqual(words(null), ["not known", "not known", "not known"], "nothing was tried yet");
  assert.deepEqual(fires(firing(1300, 1700)), [false, false, false], "without a value there is no row");
});

test("the file has times in ISO 8601, units, and bare numbers", () => {
  const { columns, rows } = filed(tuneTable(curve, trial(firing(0, 10)), "s", String));
  assert.deepEqual(columns, ["Time", "Least (s)", "Largest (s)", "Would have fired"]);
  assert.deepEqual(rows[0], [isoLocal(0), 1, 2, "fires"]);
});
