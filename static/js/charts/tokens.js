/** Tokens a minute by model, as stacked areas. */

import { count } from "../lib/format.js";
import * as select from "../models/select.js";
import { marks } from "./colours.js";
import { annotate, margin } from "./labels.js";
import {
  ceiling,
  countAxis,
  inner,
  largest,
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
 * @import { Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

export const id = "tokens";
export const rows = select.tokens;
/** @param {State} state */
export const sub = (state) => `per minute, by model · ${windowWords(state)}`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.series.length;
export const nothing = "No tokens were used in this window.";

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(stacked(data.series), 10);
  const found = marks(data.series.map((line) => line.name));
  const colours = found.map(({ index }) => look.model(index));
  const axes = {
    margin: {
      r: margin(
        data.series.map((line) => line.name),
        size.width,
      ),
    },
    xaxis: timeAxis(data.times, data.step, look, size),
    yaxis: countAxis(top, look),
    annotations: annotate(middles(data.series, colours), { top, height: inner(size), width: size.width, look }),
  };
  return {
    data: data.series.map((line, i) => trace(line, data.times, colours[i], found[i].pattern)),
    layout: layout(look, size, axes),
  };
}

/**
 * @param {Series} line
 * @param {number[]} times
 * @param {string} colour
 * @param {string} pattern
 */
const trace = (line, times, colour, pattern) => ({
  type: "scatter",
  mode: "lines",
  stackgroup: "tokens",
  name: line.name,
  x: times.map(toMs),
  y: line.values,
  hovertemplate: "%{y:,.0f} /min",
  line: { width: 0.8, color: colour },
  fillcolor: colour,
  fillpattern: {
    shape: pattern,
    fgcolor: colour,
    bgcolor: "rgba(0,0,0,0)",
    fillmode: "replace",
    size: 6,
    solidity: 0.5,
  },
});

/**
 * @param {Series[]} series
 * @param {string[]} colours
 */
function middles(series, colours) {
  let below = 0;
  return series.map((line, i) => {
    const value = line.values.at(-1) ?? 0;
    below += value;
    return { name: line.name, y: below - value / 2, colour: colours[i], sign: "■" };
  });
}

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const parts = data.series.map((line) => `${line.name} ${count(line.total)}`).join(", ");
  const all = data.times.map((_, i) => data.series.reduce((n, line) => n + line.values[i], 0));
  return `Tokens in the window by model: ${parts}; at most ${count(largest(all))} a minute.`;
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
