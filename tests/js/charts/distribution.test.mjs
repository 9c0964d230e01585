/** The charts of distributions, of failures and of leaving: exact figures of small reports. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { markWords, short } from "../../../static/js/charts/distribution.js";
import { histogram, waits } from "../../../static/js/charts/histogram.js";
import { leaving } from "../../../static/js/charts/leaving.js";
import { lifetimes } from "../../../static/js/charts/lifetimes.js";
import { operationRates } from "../../../static/js/charts/operations-rates.js";
import { sessionWaits } from "../../../static/js/charts/session-waits.js";
import { look, size } from "../look.mjs";
import { now, report } from "../operations-report.mjs";

const bars = [
  { from: 0.1, to: 1, count: 6 },
  { from: 1, to: 10, count: 2 },
];
const state = {
  now,
  range: "7d",
  report: { histogram: bars, figures: { p50: 0.5, p95: 8, p99: null }, from: "1970-01-01T00:00:00Z", to: now },
};

test("a histogram has a bar for each range on a logarithmic axis, and a line for each known percentile", () => {
  const rows = histogram.rows(state);
  assert.deepEqual(rows.marks, [
    { name: "p50", at: 0.5 },
    { name: "p95", at: 8 },
  ]);
  const { data, layout } = histogram.figure(rows, look, size);
  assert.deepEqual(
    [data[0].x, data[0].width, data[0].y],
    [
      [-0.5, 0.5],
      [0.9, 0.9],
      [6, 2],
    ],
  );
  assert.equal(data[0].text[0], "100 ms to 1.0 s<br>6 answers, 75 %");
  assert.deepEqual(
    layout.shapes.map(({ x0, line }) => [x0, line.color, line.dash]),
    [
      [Math.log10(0.5), "colour(--text-1)", "dash"],
      [Math.log10(8), "colour(--p95)", "dash"],
    ],
  );
  assert.deepEqual(layout.xaxis.range, [-1, 1]);
  assert.deepEqual([layout.xaxis.ticktext[0], layout.xaxis.ticktext.at(-1)], ["100 ms", "10 s"]);
});

test("a histogram is summed up by its highest bar and its percentiles, and its table has shares", () => {
  const rows = histogram.rows(state);
  assert.equal(histogram.summary(rows), "Of 8 answers most took 100 ms to 1.0 s; p50 500 ms, p95 8.0 s.");
  assert.deepEqual(histogram.table(rows).rows, [
    ["100 ms to 1.0 s", 6, 0.75],
    ["1.0 s to 10.0 s", 2, 0.25],
  ]);
  const { write } = histogram.table(rows);
  assert.deepEqual([write(6, 1), write(0.25, 2)], ["6", "25 %"]);
});

test("a bar above the median leads to the slowest sessions of the window, one below it to the quickest", () => {
  const rows = histogram.rows({ ...state, report: { ...state.report, figures: { p50: 2 } } });
  const order = (index) => new URLSearchParams(histogram.link(rows, { index }).split("?")[1]).get("order");
  assert.deepEqual([order(0), order(1), histogram.link(rows, { index: 2 })], ["asc", "desc", null]);
});

test("without a report there is nothing, and no mark", () => {
  const rows = histogram.rows({ now, range: "7d", report: null });
  assert.deepEqual([rows.total, rows.marks, rows.window, histogram.isEmpty(rows)], [0, [], [null, null], true]);
  assert.equal(markWords(waits([], null, [null, null])), "");
  assert.deepEqual([short(5), short(0.5), short(90)], ["5 s", "500 ms", "1 min 30 s"]);
});

test("a session's waits are drawn as all waits are, without a link", () => {
  const session = { response_histogram: [[0.5, 2]], response_p50: 0.5, response_p95: null };
  const rows = sessionWaits.rows({ session });
  assert.deepEqual([rows.total, rows.marks], [2, [{ name: "p50", at: 0.5 }]]);
  assert.equal(sessionWaits.link(rows, { index: 0 }), null);
  assert.equal(sessionWaits.isEmpty(sessionWaits.rows({ session: null })), true);
  assert.equal(sessionWaits.figure(rows, look, size).data[0].y.length, rows.bars.length);
});

test("lifetimes have bars of one width, ticks at their borders, and mean, p50 and p95 as lines", () => {
  const rows = lifetimes.rows({ now, report });
  const { data, layout } = lifetimes.figure(rows, look, size);
  assert.deepEqual(
    [data[0].x, data[0].y],
    [
      [0.5, 1.5, 2.5],
      [1, 5, 3],
    ],
  );
  assert.deepEqual(layout.xaxis.ticktext, ["0 s", "10 s", "1 min"]);
  assert.deepEqual(
    layout.shapes.map(({ x0, line }) => [Number(x0.toFixed(2)), line.dash]),
    [
      [1.7, "dash"],
      [2.5, "dot"],
      [2.5, "dash"],
    ],
  );
  assert.equal(lifetimes.summary(rows), "9 sessions ended; p50 45.0 s, mean 1 min 10 s, p95 4 min.");
  assert.deepEqual(
    lifetimes.table(rows).rows.map(([words, n]) => [words, n]),
    [
      ["0 s to 10 s", 1],
      ["10 s to 1 min", 5],
      ["1 min and more", 3],
    ],
  );
});

test("failure rates are shares of all operations of a name, with a legend of what occurs", () => {
  const rows = operationRates.rows({ now, report });
  const { data, layout } = operationRates.figure(rows, look, size);
  assert.deepEqual(
    data.map(({ name, x }) => [name, x]),
    [
      ["failed", [0, 20]],
      ["timed out", [50, 0]],
    ],
  );
  assert.deepEqual(
    layout.annotations.map(({ text }) => text),
    ["50 %", "20 %"],
  );
  assert.deepEqual(operationRates.key(rows, look), [
    { sign: "■", name: "failed", colour: "colour(--critical)" },
    { sign: "▨", name: "timed out", colour: "colour(--warning)" },
  ]);
  assert.equal(operationRates.summary(rows), "<b>index</b>: 50 % of 10; Search: 20 % of 10.");
  assert.deepEqual(operationRates.table(rows).rows[1], ["search", 10, 2, 0, 0.2]);
});

test("the chance to leave has its interval, a hollow point for few answers, and none for no answers", () => {
  const band = (from, to, answers, chance) => ({
    ...{ from, to, answers, left: chance && answers * chance },
    ...{ chance, low: chance && chance / 2, high: chance && chance * 2 },
  });
  const bands = [band(0, 5, 100, 0.1), band(5, 10, 10, 0.2), band(10, null, 0, null)];
  const window = { from: "1970-01-01T00:00:00Z", to: now };
  const rows = leaving.rows({ now, range: "7d", report: { leaving: { ...window, bands, unanswered: 3 } } });
  const [points] = leaving.figure(rows, look, size).data;
  assert.deepEqual(
    [points.y, points.marker.symbol.slice(0, 2)],
    [
      [10, 20, null],
      ["circle", "circle-open"],
    ],
  );
  assert.deepEqual(points.error_y.arrayminus, [5, 10, null]);
  assert.equal(points.text[0], "waited under 5 s<br>10 % (5.0 to 20 %)<br>10 of 100 answers");
  assert.equal(
    leaving.summary(rows),
    "Waited under 5 s: 10 % left; Waited 5–10 s: 20 % left. 3 questions that were never answered are not in it.",
  );
  const order = (index) => leaving.link(rows, { index })?.match(/order=(\w+)/)[1] ?? null;
  assert.deepEqual([order(0), order(1), order(2)], ["asc", "desc", null]);
});
