/** Waits over time, by hour or by day, with a band of the same hours in earlier weeks. */

import { count, duration } from "../lib/format.js";
import { annotate, margin } from "./labels.js";
import { alone, band } from "./response.js";
import {
  ceiling,
  countAxis,
  DAY,
  dayAxis,
  dayWords,
  inner,
  largest,
  last,
  layout,
  timeAxis,
  toMs,
  when,
  windowWords,
} from "./template.js";

/**
 * @import { Series } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { ResponsePoint } from "../lib/frames.js"
 * @import { Chart, Label, Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

/** @type {["p50", "p95"]} */
const LINES = ["p50", "p95"];
/** @type {["low", "p50", "high"]} */
const BEFORE = ["low", "p50", "high"];

/**
 * @param {ResponsePoint[]} points
 * @param {number} step
 */
const made = (points, step) => ({
  times: points.map((point) => point.t),
  step,
  counts: points.map((point) => point.count),
  series: LINES.map((name) => ({ name, values: points.map((point) => point[name] ?? null) })),
  before: BEFORE.map((name) => points.map((point) => point.before?.[name] ?? null)),
});

export const id = "trend";
export const nothing = "Nobody waited for an answer in this time.";
/** @param {State} state */
export const rows = (state) => made(state.report?.trend.points ?? [], state.report?.trend.step ?? 3600);
/** @param {State} state */
export const sub = (state) =>
  state.report?.trend.step === DAY
    ? daily.sub(state)
    : `each hour · grey: p50 in the same hour of weeks before · ${windowWords(state)}`;
/** @param {Rows} data */
export const isEmpty = (data) => data.series.every((line) => line.values.every((value) => value === null));

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(largest([...data.series.flatMap((line) => line.values), ...data.before[2]]), 1);
  /** @type {Label[]} */
  const labels = [...data.series]
    .reverse()
    .map((line) => ({ name: line.name, y: last(line.values) ?? 0, colour: look[line.name], sign: "━" }));
  const usual = last(data.before[1]);
  if (usual !== null) labels.push({ name: "before", y: usual, colour: look.edge, sign: "■" });
  const times = data.times.length ? data.times : [0, data.step];
  const axes = {
    margin: {
      r: margin(
        labels.map((label) => label.name),
        size.width,
      ),
    },
    yaxis: countAxis(top, look, { unit: " s" }),
    xaxis: data.step === DAY ? dayAxis(times, look, size) : timeAxis(times, data.step, look, size),
    annotations: isEmpty(data) ? [] : annotate(labels, { top, height: inner(size), width: size.width, look }),
  };
  return { data: traces(data, look), layout: layout(look, size, axes) };
}

/**
 * @param {Rows} data
 * @param {Look} look
 */
function traces(data, look) {
  const x = data.times.map(toMs);
  const [low, half, high] = data.before;
  const behind = { ...band(data.times, low, high, look["line-2"]), line: { width: 0.6, color: look.edge } };
  const usual = {
    type: "scatter",
    mode: "lines",
    name: "p50 of weeks before",
    x,
    y: half,
    connectgaps: false,
    text: half.map((value, i) => `${duration(value)} (${duration(low[i])} to ${duration(high[i])})`),
    hovertemplate: "%{text}",
    line: { color: look.edge, width: 1.2, dash: "dot" },
  };
  return [
    behind,
    usual,
    ...[...data.series].reverse().flatMap((line) => [lone(line, x, look), trace(line, x, data.counts, look)]),
  ];
}

/**
 * @param {Series} line
 * @param {number[]} x
 * @param {number[]} counts
 * @param {Look} look
 */
const trace = (line, x, counts, look) => ({
  type: "scatter",
  mode: "lines",
  name: line.name,
  x,
  y: line.values,
  connectgaps: false,
  cliponaxis: false,
  text: line.values.map((value, i) =>
    line.name === "p50" ? `${duration(value)}, ${count(counts[i])} answers` : duration(value),
  ),
  hovertemplate: "%{text}",
  line: { color: look[line.name], width: line.name === "p50" ? 2.2 : 1.4 },
});

/**
 * Markers for points with a gap on both sides, which make no line.
 * @param {Series} line
 * @param {number[]} x
 * @param {Look} look
 */
function lone(line, x, look) {
  const at = alone(line.values).flatMap((size, i) => (size ? [i] : []));
  return {
    type: "scatter",
    mode: "markers",
    name: line.name,
    x: at.map((i) => x[i]),
    y: at.map((i) => line.values[i]),
    hoverinfo: "skip",
    cliponaxis: false,
    marker: { size: 5, color: look[line.name], opacity: 1, line: { width: 0 } },
  };
}

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const [p50, p95] = data.series.map((line) => duration(last(line.values)));
  const usual = last(data.before[1]);
  const beside = usual === null ? "nothing is known of weeks before" : `in weeks before half waited ${duration(usual)}`;
  const newest = `Newest ${data.step === DAY ? "day" : "hour"}: half within ${p50}, 95 of 100 within ${p95}`;
  return `${newest}; ${beside}; the highest p95 was ${duration(largest(data.series[1].values))}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: [
    data.step === DAY ? "Day (UTC)" : "Time",
    "p50",
    "p95",
    "Before: low",
    "Before: p50",
    "Before: high",
    "Answers",
  ],
  note: "seconds",
  write: (value, column) => (column === 6 ? count(value) : duration(value)),
  rows: data.times.map((t, i) => [
    data.step === DAY ? dayWords(t) : when(t, data.step),
    ...data.series.map((line) => line.values[i]),
    ...data.before.map((line) => line[i]),
    data.counts[i],
  ]),
});

/**
 * The same by day.
 * @type {Chart<Rows>}
 */
export const daily = {
  id: "daily",
  nothing,
  isEmpty,
  figure,
  summary,
  table,
  rows: (state) => made(state.report?.daily ?? [], DAY),
  sub: (state) => `each day in UTC · grey: p50 on that weekday before · ${windowWords(state).split(" · ")[0]}`,
};
