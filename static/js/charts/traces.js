/** The traces that charts share: bars, lines with gaps, bands between lines, and patterns. */

import { count } from "../lib/format.js";
import { toMs } from "./template.js";

/**
 * @import { Series, Value } from "../models/types.js"
 * @import { Look, Options } from "./types.js"
 */

/**
 * Bars of one series.
 * @param {Series} line
 * @param {number[]} times
 * @param {string} color
 * @param {Options} [more]
 */
export const bar = (line, times, color, more = {}) => ({
  type: "bar",
  name: line.name,
  x: times.map(toMs),
  y: line.values,
  text: line.values.map(count),
  textposition: "none",
  marker: { color },
  ...more,
});

/**
 * The opacities of the bars over a time: the one that is filling is pale.
 * @param {{ times: number[], fills?: boolean }} rows
 */
export const paled = ({ times, fills }) => times.map((_, i) => (fills && i === times.length - 1 ? 0.45 : 1));

/**
 * A pattern over the colour of a bar. The shape is empty where there is none.
 * @param {string} shape
 * @param {Look} look
 */
export const hatch = (shape, look) => ({
  shape,
  fillmode: "overlay",
  fgcolor: look["surface-1"],
  size: 5,
  solidity: 0.35,
});

/**
 * A line with gaps. A point with a gap on both sides is a marker.
 * @param {Series} line
 * @param {number[]} times
 * @param {string} color
 * @param {number} width
 * @param {Options} more
 */
export const line = ({ name, values }, times, color, width, more) => ({
  type: "scatter",
  mode: "lines+markers",
  name,
  x: times.map(toMs),
  y: values,
  text: values.map(count),
  connectgaps: false,
  cliponaxis: false,
  line: { color, width },
  marker: { size: alone(values), color, opacity: 1, line: { width: 0 } },
  ...more,
});

/**
 * The marker sizes of a line: 6 for a point with a gap on both sides, which makes no line, else 0.
 * @param {Value[]} values
 */
export const alone = (values) =>
  values.map((value, i) =>
    value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? 6 : 0,
  );

/**
 * The area between two lines: a closed outline for each run without a gap, so that nothing is filled across missing
 * minutes.
 * @param {number[]} times
 * @param {Value[]} low
 * @param {Value[]} high
 * @param {string} colour
 */
export function band(times, low, high, colour) {
  /** @type {Value[]} */
  const x = [];
  /** @type {Value[]} */
  const y = [];
  for (const [from, to] of runs(low, high)) {
    if (x.length) {
      x.push(null);
      y.push(null);
    }
    const places = times.slice(from, to + 1).map(toMs);
    x.push(...places, ...places.toReversed());
    y.push(...high.slice(from, to + 1), ...low.slice(from, to + 1).toReversed());
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
 * @param {Value[]} [high]
 */
export function runs(low, high = low) {
  /** @type {[number, number][]} */
  const found = [];
  low.forEach((value, i) => {
    if (value === null || high[i] === null) return;
    const open = found.at(-1);
    if (open?.[1] === i - 1) open[1] = i;
    else found.push([i, i]);
  });
  return found;
}
