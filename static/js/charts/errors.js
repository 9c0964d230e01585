/** Errors by kind: messages, operations and sessions that failed, as stacked bars with a pattern each. */

import { count } from "../lib/format.js";
import { sessionsBehind } from "../models/links.js";
import * as select from "../models/select.js";
import { annotate, margin } from "./labels.js";
import {
  ceiling,
  countAxis,
  inner,
  layout,
  stacked,
  stepWords,
  timeAxis,
  toMs,
  when,
  windowWords,
} from "./template.js";

/**
 * @import { Series } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { Look, Point, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

/** @type {Record<string, string>} */
const PATTERNS = { message: "", operation: "/", session: "x" };

export const id = "errors";
export const rows = select.errors;
/** @param {State} state */
export const sub = (state) => `each ${stepWords(state.step)}, by what failed · ${windowWords(state)}`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.series.length;
export const nothing = "Nothing failed in this window.";

/**
 * Where a click leads: the sessions of that time with an error in them. A bar of failed sessions leads to the sessions
 * that ended by an error.
 * @param {Rows} data
 * @param {Point} point
 */
export function link(data, { curve, index }) {
  const [from, failed] = [data.times[index], data.series.filter((line) => line.values[index] > 0)];
  if (from === undefined) return null;
  const meant = failed.includes(data.series[curve]) ? [data.series[curve]] : failed;
  const outcome = meant.every(({ name }) => name === "session") ? "error" : "failing";
  return sessionsBehind(from, from + data.step, { outcome: meant.length ? outcome : null });
}

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(stacked(data.series), 4);
  const axes = {
    barmode: "stack",
    margin: {
      r: margin(
        data.series.map((line) => line.name),
        size.width,
      ),
    },
    xaxis: timeAxis(data.times, data.step, look, size),
    yaxis: countAxis(top, look),
    annotations: annotate(labels(data.series, top, look), { top, height: inner(size), width: size.width, look }),
  };
  return { data: data.series.map((line) => trace(line, data.times, look)), layout: layout(look, size, axes) };
}

/**
 * @param {Series} line
 * @param {number[]} times
 * @param {Look} look
 */
const trace = (line, times, look) => ({
  type: "bar",
  name: line.name,
  x: times.map(toMs),
  y: line.values,
  hovertemplate: "%{y:,}",
  marker: {
    color: look.error(line.name),
    pattern: { shape: PATTERNS[line.name], fillmode: "overlay", fgcolor: look["surface-1"], size: 5, solidity: 0.35 },
  },
});

/**
 * The labels, together at the top as a legend, because the newest bar may be empty.
 * @param {Series[]} series
 * @param {number} top
 * @param {Look} look
 */
const labels = (series, top, look) =>
  [...series].reverse().map((line) => ({ name: line.name, y: top, colour: look.error(line.name), sign: "■" }));

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const parts = data.series.map((line) => `${count(line.total)} of kind ${line.name}`).join(", ");
  return `Errors in the window: ${parts}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Time", ...data.series.map((line) => line.name)],
  note: `each ${stepWords(data.step)}`,
  write: count,
  rows: data.times.map((t, i) => [when(t, data.step), ...data.series.map((line) => line.values[i])]),
});
