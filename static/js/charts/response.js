/** The waits for an answer: bands between p50, p95 and p99. */

import { duration } from "../lib/format.js";
import * as select from "../models/select.js";
import { annotate, margin } from "./labels.js";
import {
  ceiling,
  countAxis,
  inner,
  largest,
  last,
  layout,
  stepWords,
  timeAxis,
  toMs,
  when,
  windowWords,
} from "./template.js";

/**
 * @import { Series, Value } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

export const id = "response";
export const rows = select.response;
/** @param {State} state */
export const sub = (state) =>
  `seconds a person waits, each ${stepWords(state.step)} · p50, p95, p99 · ${windowWords(state)}`;
/** @param {Rows} data */
export const isEmpty = (data) => data.series.every((line) => line.values.every((value) => value === null));
export const nothing = "Nobody waited for an answer in this window.";

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const [p50, p95, p99] = data.series;
  const top = ceiling(largest(data.series.flatMap((line) => line.values)), 1);
  const labels = [p99, p95, p50].map((line) => ({
    name: line.name,
    y: last(line.values) ?? 0,
    colour: look[line.name],
    sign: "━",
  }));
  const axes = {
    margin: { r: margin(["p50"], size.width) },
    xaxis: timeAxis(data.times, data.step, look, size),
    yaxis: countAxis(top, look, { unit: " s" }),
    annotations: isEmpty(data) ? [] : annotate(labels, { top, height: inner(size), width: size.width, look }),
  };
  const bands = [
    band(data.times, p95.values, p99.values, look["band-outer"]),
    band(data.times, p50.values, p95.values, look["band-inner"]),
  ];
  return {
    data: [...bands, ...[p99, p95, p50].map((line) => trace(line, data.times, look))],
    layout: layout(look, size, axes),
  };
}

/**
 * A closed outline for each run without a gap, so that nothing is filled across missing minutes.
 * @param {number[]} times
 * @param {Value[]} low
 * @param {Value[]} high
 * @param {string} colour
 */
export function band(times, low, high, colour) {
  const x = [];
  const y = [];
  for (const [from, to] of runs(low, high)) {
    if (x.length) {
      x.push(null);
      y.push(null);
    }
    const steps = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    for (const i of steps) {
      x.push(toMs(times[i]));
      y.push(high[i]);
    }
    for (const i of steps.reverse()) {
      x.push(toMs(times[i]));
      y.push(low[i]);
    }
  }
  return {
    type: "scatter",
    mode: "lines",
    x,
    y,
    fill: "toself",
    fillcolor: colour,
    line: { width: 0 },
    hoverinfo: "skip",
  };
}

/**
 * First and last index of each stretch where both lines are known.
 * @param {Value[]} low
 * @param {Value[]} high
 */
export function runs(low, high) {
  const found = [];
  let from = null;
  for (let i = 0; i <= low.length; i += 1) {
    const known = i < low.length && low[i] !== null && high[i] !== null;
    if (known && from === null) from = i;
    if (!known && from !== null) {
      found.push([from, i - 1]);
      from = null;
    }
  }
  return found;
}

/**
 * The marker sizes of a line: 6 for a point with a gap on both sides, which makes no line, else 0.
 * @param {Value[]} values
 */
export const alone = (values) =>
  values.map((value, i) =>
    value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? 6 : 0,
  );

/**
 * @param {Series} line
 * @param {number[]} times
 * @param {Look} look
 */
const trace = (line, times, look) => ({
  type: "scatter",
  mode: "lines+markers",
  name: line.name,
  x: times.map(toMs),
  y: line.values,
  connectgaps: false,
  cliponaxis: false,
  text: line.values.map(duration),
  hovertemplate: "%{text}",
  marker: { size: alone(line.values), color: look[line.name], opacity: 1, line: { width: 0 } },
  line: { color: look[line.name], width: line.name === "p50" ? 2.2 : line.name === "p95" ? 1.6 : 1.1 },
});

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const [p50, p95, p99] = data.series.map((line) => duration(last(line.values)));
  const worst = duration(largest(data.series[1].values));
  const newest = `half within ${p50}, 95 of 100 within ${p95}, 99 of 100 within ${p99}`;
  return `Newest wait for an answer: ${newest}; the highest p95 in the window was ${worst}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Time", "p50", "p95", "p99", "Answers"],
  note: "seconds",
  write: (value, column) => (column === 4 ? String(value) : duration(value)),
  rows: data.times.map((t, i) => [when(t, data.step), ...data.series.map((line) => line.values[i]), data.counts[i]]),
});
