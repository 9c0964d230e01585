/** The failure rates of operations, as horizontal bars, the worst on top. */

import { count, percent } from "../lib/format.js";
import { shorten } from "./labels.js";
import { ceiling, largest, layout, ticks, tickWords } from "./template.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { OperationFigures } from "../lib/frames.js"
 * @import { Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const SHOWN = 10;
/** @type {["failed" | "timeout", string, string][]} */
const KINDS = [
  ["failed", "failed", ""],
  ["timeout", "timed out", "/"],
];

export const id = "rates";
export const nothing = "No operation failed or timed out in this time.";
/** @param {State} state */
export const sub = (state) => `share that failed or timed out, the worst first · last ${state.report?.days ?? 7} days`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.operations.length;
export const link = () => null;

/**
 * The operations with failures, the largest share first: {operation, count, failed, timeout, rate}.
 * @param {State} state
 */
export function rows(state) {
  /** @type {OperationFigures[]} */
  const operations = state.report?.operations ?? [];
  const failing = operations.flatMap((row) => (row.failure_rate ? [{ ...row, failure_rate: row.failure_rate }] : []));
  const worst = failing.sort((a, b) => b.failure_rate - a.failure_rate || b.count - a.count).slice(0, SHOWN);
  return {
    operations: worst.map(({ operation, count: all, failed, timeout, failure_rate: rate }) => ({
      operation,
      count: all,
      failed,
      timeout,
      rate,
    })),
  };
}

/**
 * @param {string} kind
 * @param {Look} look
 */
const colour = (kind, look) => (kind === "failed" ? look.critical : look.warning);
/** @param {string} text */
const safe = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/**
 * The legend above the plot.
 * @param {Rows} data
 * @param {Look} look
 */
export const key = (data, look) =>
  KINDS.filter(([kind]) => data.operations.some((row) => row[kind])).map(([kind, name]) => ({
    sign: kind === "failed" ? "■" : "▨",
    name,
    colour: colour(kind, look),
  }));

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = Math.min(100, ceiling(largest(data.operations.map((row) => row.rate * 100)), 1));
  const names = data.operations.map((row) => shorten(row.operation, size.width < 420 ? 12 : 24));
  const left = 14 + Math.ceil(6.9 * Math.max(4, ...names.map((name) => name.length)));
  const plain = {
    color: look["text-2"],
    zeroline: false,
    ticks: "",
    fixedrange: true,
    tickfont: { size: 11.5, color: look["text-2"] },
  };
  const axes = {
    barmode: "stack",
    hovermode: "closest",
    bargap: 0.35,
    margin: { l: left, r: 46, t: 6, b: 26 },
    xaxis: {
      ...plain,
      range: [0, top * 1.01],
      showgrid: true,
      gridcolor: look["line-1"],
      tickvals: ticks(top),
      ticktext: ticks(top).map((value) => `${tickWords(value)} %`),
    },
    yaxis: {
      ...plain,
      range: [Math.max(4, names.length) - 0.5, -0.5],
      showgrid: false,
      tickvals: names.map((_, i) => i),
      ticktext: names.map(safe),
    },
    annotations: data.operations.map((row, i) => ({
      xref: "x",
      yref: "y",
      x: row.rate * 100,
      y: i,
      xanchor: "left",
      xshift: 4,
      showarrow: false,
      text: `${percent(row.rate)} %`,
      font: { size: 11.5, color: look["text-1"] },
    })),
  };
  return {
    data: KINDS.map(([kind, name, shape]) => trace(data, kind, name, shape, look)),
    layout: layout(look, size, axes),
  };
}

/**
 * @param {Rows} data
 * @param {"failed" | "timeout"} kind
 * @param {string} name
 * @param {string} shape
 * @param {Look} look
 */
const trace = (data, kind, name, shape, look) => ({
  type: "bar",
  orientation: "h",
  name,
  y: data.operations.map((_, i) => i),
  x: data.operations.map((row) => (row[kind] / row.count) * 100),
  text: data.operations.map((row) => `${safe(row.operation)}<br>${count(row[kind])} of ${count(row.count)} ${name}`),
  textposition: "none",
  hovertemplate: "%{text}<extra></extra>",
  marker: {
    color: colour(kind, look),
    pattern: { shape, fillmode: "overlay", fgcolor: look["surface-1"], size: 5, solidity: 0.35 },
  },
});

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  /** @param {{ operation: string }} row */
  const name = (row) => row.operation.replace(/^./, (letter) => letter.toUpperCase());
  return `${data.operations.map((row) => `${name(row)}: ${percent(row.rate)} % of ${count(row.count)}`).join("; ")}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Operation", "Count", "Failed", "Timed out", "Share"],
  ordered: true,
  write: (value, column) => (column === 4 ? `${percent(value)} %` : count(value)),
  rows: data.operations.map((row) => [row.operation, row.count, row.failed, row.timeout, row.rate]),
});
