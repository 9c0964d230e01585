import assert from "node:assert/strict";
import { test } from "node:test";
import { legend, middles, safe } from "../../../static/js/charts/labels.js";
import { across, labelled, overTime, panels, summed } from "../../../static/js/charts/template.js";
import { band, bar, hatch, line, runs } from "../../../static/js/charts/traces.js";
import { look, size } from "../look.mjs";

test("bars stand at the starts of their buckets, ms", () => {
  assert.deepEqual(bar({ name: "user", values: [1, 2] }, [60, 120], "blue"), {
    type: "bar",
    name: "user",
    x: [60_000, 120_000],
    y: [1, 2],
    text: ["1", "2"],
    textposition: "none",
    marker: { color: "blue" },
  });
  assert.equal(bar({ name: "a", values: [] }, [], "", { yaxis: "y2" }).yaxis, "y2");
});

test("a pattern is drawn in the colour of the card", () => {
  assert.deepEqual([hatch("/", look).shape, hatch("/", look).fgcolor], ["/", "colour(--surface-1)"]);
});

test("a line breaks at what is unknown, and a point between two gaps is a marker", () => {
  const drawn = line({ name: "p50", values: [1, null, 2, null, 3, 4] }, [0, 1, 2, 3, 4, 5], "red", 2, { text: "t" });
  assert.equal(drawn.connectgaps, false);
  assert.deepEqual(drawn.marker.size, [6, 0, 6, 0, 0, 0]);
  assert.deepEqual([drawn.line, drawn.text], [{ color: "red", width: 2 }, "t"]);
});

test("a band is one outline for each run: there along the upper line, back along the lower one", () => {
  const { x, y } = band([0, 1, 2, 3], [1, 1, null, 2], [5, 6, 7, 8], "grey");
  assert.deepEqual(x, [0, 1000, 1000, 0, null, 3000, 3000]);
  assert.deepEqual(y, [5, 6, 1, 1, null, 8, 2]);
});

test("the runs of one line are those where it is known", () => {
  assert.deepEqual(runs([null, 1, 2, null, 3]), [
    [1, 2],
    [4, 4],
  ]);
});

const stack = [
  { name: "user", values: [1, 3] },
  { name: "assistant", values: [5, 1] },
];

test("labels of a stack stand at the middles of its parts of one bar, the top one first", () => {
  assert.deepEqual(
    middles(stack, -2, look.role).map(({ y, colour }) => [y, colour]),
    [
      [3.5, "colour(--role-assistant)"],
      [0.5, "colour(--role-user)"],
    ],
  );
  assert.deepEqual(
    middles(stack, 9, look.role).map(({ y }) => y),
    [0, 0],
    "a bar that is not there has no parts",
  );
});

test("a legend stands at the top, the upper part of the stack first", () => {
  assert.deepEqual(
    legend(stack, 8, (_, i) => `c${i}`),
    [
      { name: "assistant", y: 8, colour: "c1", sign: "■" },
      { name: "user", y: 8, colour: "c0", sign: "■" },
    ],
  );
});

test("a text carries no markup", () => assert.equal(safe("<b>&"), "&lt;b>&amp;"));

test("labels have a margin as wide as the longest name, and the sign in the line's colour", () => {
  const labels = [{ name: "p95", y: 5, colour: "red", sign: "━" }];
  const { margin, annotations } = labelled(labels, 10, look, size);
  assert.equal(margin.r, Math.ceil(3 * 6.9) + 32);
  assert.deepEqual([annotations[0].y, annotations[0].text], [0.5, '<span style="color:red">━</span> p95']);
});

test("the upper of two panels begins above the end of the lower one, and each has its own top", () => {
  const label = (name) => [{ name, y: 0, colour: "red" }];
  const found = panels(
    { top: 10, labels: label("a"), axis: { unit: " MB" } },
    { top: 4, labels: label("b") },
    { from: 0.5, to: 0.4, look, size },
  );
  assert.deepEqual(
    [found.yaxis.domain, found.yaxis2.domain],
    [
      [0.5, 1],
      [0, 0.4],
    ],
  );
  assert.deepEqual([found.yaxis.ticktext.at(-1), found.yaxis2.ticktext], ["10 MB", ["0", "4"]]);
  assert.deepEqual(
    found.annotations.map(({ y }) => y),
    [0.5, 0],
  );
});

test("a table of lines has a row for each bucket, and says how long one is", () => {
  const table = overTime({ times: [0, 3600], step: 3600, series: stack }, ["user", "assistant"]);
  assert.deepEqual(
    [table.columns, table.note, table.write(1234)],
    [["Time", "user", "assistant"], "each hour", "1,234"],
  );
  assert.deepEqual(
    table.rows.map(([, ...cells]) => cells),
    [
      [1, 5],
      [3, 1],
    ],
  );
  assert.deepEqual(across(["a"], [1], [null]), [["a", 1, null]]);
});

test("an empty chart is summed up by the sentence that stands in its place", () => {
  const chart = { isEmpty: (rows) => !rows.length, nothing: "Nothing.", summary: (rows) => `${rows.length} rows.` };
  assert.deepEqual([summed(chart, []), summed(chart, [1])], ["Nothing.", "1 rows."]);
});
