/** The comparison with the time before, and threshold lines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { beforeColumn, beforeLabel, beforeLine, shiftWords } from "../../../static/js/charts/before.js";
import { errors } from "../../../static/js/charts/errors.js";
import { messages } from "../../../static/js/charts/messages.js";
import { response } from "../../../static/js/charts/response.js";
import { sessions } from "../../../static/js/charts/sessions.js";
import { filed } from "../../../static/js/charts/template.js";
import { withThresholds } from "../../../static/js/charts/thresholds.js";
import { tokens } from "../../../static/js/charts/tokens.js";
import { limits } from "../../../static/js/lib/limits.js";
import { look, size } from "../look.mjs";

const point = (t) => ({
  ...{ t, messages: { user: 3 }, tokens: { a: 60 }, wait: { p50: 2, p95: 40, p99: 50, count: 9 } },
  ...{ active: 4, started: 1, errors: { message: 1 } },
});
const state = {
  ...{ range: "15m", step: 60, from: 600, to: 725, now: new Date(725_000).toISOString(), shift: 604800 },
  buckets: [600, 660, 720].map(point),
  before: [{ ...point(660), messages: { user: 50, system: 1 }, wait: { p50: 7, p95: 8, p99: 9, count: 3 } }],
};

test("the time before has words", () => {
  assert.deepEqual([604800, 86400, 28 * 86400, 7200, 900].map(shiftWords), [
    ...["same time last week", "1 day before", "28 days before", "2 h before", "15 min before"],
  ]);
});

test("each chart of the overview draws the time before as a dashed line of its total, and lists it", () => {
  const wanted = { messages: [null, 51, 0], tokens: [null, 60, 0], errors: [null, 1, 0], sessions: [null, 4, 0] };
  for (const chart of [messages, tokens, errors, sessions, response]) {
    const rows = chart.rows(state);
    const { data, layout } = chart.figure(rows, look, size);
    const line = data.find(({ name }) => name === "same time last week");
    assert.equal(line.line.dash, "dash", chart.id);
    assert.deepEqual(line.y, wanted[chart.id] ?? [null, 7, null], chart.id);
    assert.ok(
      layout.annotations.some(({ text }) => text.includes("before")),
      chart.id,
    );
    const table = chart.table(rows);
    assert.equal(table.columns.at(-1), "same time last week", chart.id);
    assert.equal(table.rows[1].at(-1), line.y[1], chart.id);
    assert.ok(chart.compares);
  }
  assert.ok(messages.figure(messages.rows(state), look, size).layout.yaxis.range[1] > 51, "the axis holds it");
});

test("without a comparison there is no line, label or column", () => {
  const { before, ...alone } = state;
  assert.equal(messages.rows(alone).before, null);
  assert.equal(messages.figure(messages.rows(alone), look, size).data.length, 1);
  assert.deepEqual([beforeLine(null, [], look, String), beforeLabel(null, look)], [[], []]);
  const table = { columns: ["Time"], rows: [["a"]], write: String };
  assert.equal(beforeColumn(table, null), table);
});

test("a threshold is a dashed line with its name, where the axis reaches it", () => {
  const figure = response.figure(response.rows(state), look, size);
  const { shapes, annotations } = withThresholds(figure, response.thresholds(response.rows(state)), look).layout;
  assert.deepEqual(
    shapes.map(({ y0, y1, line }) => [y0, y1, line.dash]),
    [
      [limits.slow, limits.slow, "dash"],
      [limits.verySlow, limits.verySlow, "dash"],
    ],
  );
  assert.deepEqual(
    annotations.slice(-2).map(({ text }) => text),
    ["slow: over 10 s", "very slow: over 30 s"],
  );
  const low = { data: [], layout: { yaxis: { range: [0, 5] }, xaxis: { range: [0, 30] } } };
  assert.equal(withThresholds(low, [{ value: 10, words: "" }], look).layout, low.layout);
  const across = withThresholds(low, [{ value: 10, words: "long", across: true }], look).layout;
  assert.deepEqual([across.shapes[0].x0, across.annotations[0].text], [10, "long"]);
});

test("a file has units in its head, and times in ISO 8601 with their offset", () => {
  const zone = process.env.TZ;
  process.env.TZ = "Asia/Kolkata";
  const { columns, rows } = filed(response.table(response.rows(state)));
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
  assert.deepEqual(columns, ["Time", "p50 (s)", "p95 (s)", "p99 (s)", "Answers", "same time last week"]);
  assert.equal(rows[0][0], "1970-01-01T05:40:00+05:30");
});
