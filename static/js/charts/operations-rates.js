/** The failure rates of operations, as horizontal bars, the worst on top. */

import { capital, count, percent } from "../lib/format.js";
import { safe, shorten } from "./labels.js";
import { axis, ceiling, largest, layout, ticks, tickWords, windowWords } from "./template.js";
import { hatch } from "./traces.js";

/**
 * @import { Operations } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Colour } from "./colours.js"
 * @import { Chart } from "./types.js"
 * @typedef {Pick<Operations, "days" | "operations">} Report
 */

const SHOWN = 10;
/** @type {{ kind: "failed" | "timeout", name: string, shape: string, sign: string, colour: Colour }[]} */
const KINDS = [
  { kind: "failed", name: "failed", shape: "", sign: "■", colour: "critical" },
  { kind: "timeout", name: "timed out", shape: "/", sign: "▨", colour: "warning" },
];

/**
 * The operations with failures, the largest share first: {operation, count, failed, timeout, rate}.
 * @param {State<Report>} state
 */
function rows(state) {
  const operations = (state.report?.operations ?? []).flatMap(({ failure_rate: rate, ...row }) =>
    rate ? [{ ...row, rate }] : [],
  );
  return { operations: operations.sort((a, b) => b.rate - a.rate || b.count - a.count).slice(0, SHOWN) };
}

/** @type {Chart<ReturnType<typeof rows>, Report>} */
export const operationRates = {
  id: "rates",
  nothing: "No operation failed or timed out in this time.",
  rows,
  sub: (state) => `share that failed or timed out, the worst first · ${windowWords(state)}`,
  isEmpty: (data) => !data.operations.length,
  link: () => null,

  key: (data, look) =>
    KINDS.filter(({ kind }) => data.operations.some((row) => row[kind])).map(({ name, sign, colour }) => ({
      ...{ sign, name },
      colour: look[colour],
    })),

  figure({ operations }, look, size) {
    const top = Math.min(100, ceiling(largest(operations.map((row) => row.rate * 100)), 1));
    const names = operations.map((row) => shorten(row.operation, size.width < 300 ? 16 : 24));
    const places = names.map((_, i) => i);
    return {
      data: KINDS.map(({ kind, name, shape, colour }) => ({
        type: "bar",
        orientation: "h",
        name,
        y: places,
        x: operations.map((row) => (row[kind] / row.count) * 100),
        text: operations.map((row) => `${safe(row.operation)}<br>${count(row[kind])} of ${count(row.count)} ${name}`),
        textposition: "none",
        marker: { color: look[colour], pattern: hatch(shape, look) },
      })),
      layout: layout(look, size, {
        barmode: "stack",
        hovermode: "closest",
        bargap: 0.35,
        margin: { l: 14 + Math.ceil(6.9 * Math.max(4, ...names.map((name) => name.length))), r: 46, t: 6, b: 26 },
        xaxis: axis(look, {
          range: [0, top * 1.01],
          showgrid: true,
          gridcolor: look["line-1"],
          tickvals: ticks(top),
          ticktext: ticks(top).map((value) => `${tickWords(value)} %`),
        }),
        yaxis: axis(look, {
          range: [Math.max(4, names.length) - 0.5, -0.5],
          tickvals: places,
          ticktext: names.map(safe),
        }),
        annotations: operations.map((row, i) => ({
          ...{ xref: "x", yref: "y", xanchor: "left", xshift: 4, showarrow: false },
          x: row.rate * 100,
          y: i,
          text: `${percent(row.rate)} %`,
          font: { size: 11.5, color: look["text-1"] },
        })),
      }),
    };
  },

  summary({ operations }) {
    const rates = operations.map((row) => `${capital(row.operation)}: ${percent(row.rate)} % of ${count(row.count)}`);
    return `${rates.join("; ")}.`;
  },

  table: ({ operations }) => ({
    units: ["", "", "", "", "share"],
    columns: ["Operation", "Count", "Failed", "Timed out", "Share"],
    ordered: true,
    write: (value, column) => (column === 4 ? `${percent(value)} %` : count(value)),
    rows: operations.map((row) => [row.operation, row.count, row.failed, row.timeout, row.rate]),
  }),
};
