/** Messages a minute by role, as stacked bars. */

import { count } from "../lib/format.js";
import * as select from "../models/select.js";
import { annotate, margin } from "./labels.js";
import {
  ceiling,
  countAxis,
  inner,
  largest,
  last,
  layout,
  stacked,
  stepWords,
  timeAxis,
  toMs,
  when,
  windowWords,
} from "./template.js";

/**
 * @import { Lines, Series } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

export const id = "messages";
export const rows = select.messages;
/** @param {State} state */
export const sub = (state) => `per minute, by role · ${windowWords(state)}`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.series.length;
export const nothing = "No messages in this window.";

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(stacked(data.series), 4);
  const names = data.series.map((line) => line.name);
  const axes = {
    barmode: "stack",
    margin: { r: margin(names, size.width) },
    xaxis: timeAxis(data.times, data.step, look, size),
    yaxis: countAxis(top, look),
    annotations: annotate(middles(data.series, look), { top, height: inner(size), width: size.width, look }),
  };
  return { data: data.series.map((line) => trace(line, data, look)), layout: layout(look, size, axes) };
}

/**
 * @param {Series} line
 * @param {Lines} data
 * @param {Look} look
 */
const trace = (line, data, look) => ({
  type: "bar",
  name: line.name,
  x: data.times.map(toMs),
  y: line.values,
  hovertemplate: "%{y:,.3~r} /min",
  marker: { color: look.role(line.name), opacity: data.times.map((_, i) => (i === data.times.length - 1 ? 0.55 : 1)) },
});

/**
 * The labels, at the middles of the parts of the newest full bar, or of the filling one where that is empty.
 * @param {Series[]} series
 * @param {Look} look
 */
export function middles(series, look) {
  let below = 0;
  const back = series.some((line) => line.values.at(-2) > 0) ? -2 : -1;
  return series.map((line) => {
    const value = line.values.at(back) ?? 0;
    below += value;
    return { name: line.name, y: below - value / 2, colour: look.role(line.name), sign: "■" };
  });
}

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const parts = data.series.map((line) => `${count(line.total)} by ${line.name}`).join(", ");
  const all = data.times.map((_, i) => data.series.reduce((n, line) => n + line.values[i], 0));
  return `Messages in the window: ${parts}; at most ${count(largest(all))} a minute, newest ${count(last(all))}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Time", ...data.series.map((line) => `${line.name} per minute`)],
  note: `each ${stepWords(data.step)}`,
  rows: data.times.map((t, i) => [when(t, data.step), ...data.series.map((line) => line.values[i])]),
  write: count,
});
