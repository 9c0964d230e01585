/** What charts of a distribution share: a bar for each range of seconds, and percentiles as named lines over them. */

import { count, duration, percent } from "../lib/format.js";
import { spread } from "./labels.js";
import { ceiling, countAxis, largest, layout, lineAxis } from "./template.js";

/**
 * @import { Bar } from "../lib/frames.js"
 * @import { Look, Options, Size, Table } from "./types.js"
 */

/**
 * @typedef {object} Distribution
 * @property {Bar[]} bars
 * @property {number} total
 * @property {{ name: string, at: number }[]} marks
 */

/**
 * How a distribution is drawn. An axis has `range`, tickvals and ticktext; place(seconds) is a place on it.
 * @typedef {object} Drawing
 * @property {string} noun what is counted
 * @property {string} color of the bars
 * @property {(seconds: number) => number} place
 * @property {{ x: number[], width: number[] }} at the middles and widths of the bars
 * @property {Options & { range: number[] }} axis
 * @property {Record<string, { color: string, dash?: string }>} lines of the marks
 * @property {number} gap the pixels between two names
 * @property {number} [right] margin
 * @property {(bar: Bar) => string} within
 */

/** The pixels beside the plot. */
const BESIDE = 60;

/**
 * The width of the plot, px.
 * @param {Size} size
 */
export const plotWidth = (size) => size.width - BESIDE;

/** @param {number} seconds */
export const short = (seconds) => duration(seconds).replace(".0 s", " s");

/**
 * @param {Distribution} data
 * @param {Drawing} drawing
 * @param {Look} look
 * @param {Size} size
 */
export function distribution({ bars, total, marks }, drawing, look, size) {
  const { noun, color, place, at, axis, lines, gap, right = 10, within } = drawing;
  const [width, [from, to]] = [plotWidth(size), axis.range];
  const names = spread(
    marks.map((mark) => ((place(mark.at) - from) / (to - from)) * width),
    width,
    gap,
  );
  return {
    data: [
      {
        type: "bar",
        name: noun,
        ...at,
        y: bars.map((bar) => bar.count),
        text: bars.map((bar) => `${within(bar)}<br>${count(bar.count)} ${noun}, ${percent(bar.count / total)} %`),
        textposition: "none",
        marker: { color },
      },
    ],
    layout: layout(look, size, {
      hovermode: "closest",
      margin: { t: 26, r: right },
      bargap: 0,
      xaxis: lineAxis(look, axis),
      yaxis: countAxis(ceiling(largest(bars.map((bar) => bar.count)), 4), look),
      shapes: marks.map((mark) => ({
        ...{ type: "line", xref: "x", yref: "paper", y0: 0, y1: 1 },
        ...{ x0: place(mark.at), x1: place(mark.at) },
        line: { width: 1.5, dash: "dash", ...lines[mark.name] },
      })),
      annotations: names.map((x, i) => ({
        ...{ xref: "x", yref: "paper", yanchor: "bottom", xanchor: "center", showarrow: false },
        x: from + (x / width) * (to - from),
        y: 1,
        text: marks[i].name,
        font: { size: 11.5, color: look["text-1"] },
      })),
    }),
  };
}

/**
 * `; p50 2.0 s, p95 9.0 s`; empty without marks.
 * @param {Distribution} data
 */
export const markWords = ({ marks }) =>
  marks.length ? `; ${marks.map(({ name, at }) => `${name} ${duration(at)}`).join(", ")}` : "";

/**
 * @param {Distribution} data
 * @param {string[]} columns
 * @param {(bar: Bar) => string} within
 * @returns {Table}
 */
export const barTable = ({ bars, total }, columns, within) => ({
  columns,
  ordered: true,
  write: (value, column) => (column === 2 ? `${percent(value)} %` : count(value)),
  rows: bars.map((bar) => [within(bar), bar.count, total ? bar.count / total : null]),
});
