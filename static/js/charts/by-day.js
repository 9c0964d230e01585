/** Cost by day: reported cost, and apart from it the estimated cost of tokens without a cost. */

import { cost } from "../lib/format.js";
import { sum as sumOf } from "../models/select.js";
import { beforeColumn, beforeLabel, beforeLine, beforeOf } from "./before.js";
import {
  across,
  ceiling,
  countAxis,
  labelled,
  largest,
  layout,
  stepAxis,
  stepOf,
  steps,
  stepWindow,
  sum,
} from "./template.js";
import { bar } from "./traces.js";

/**
 * @import { Day, Usage } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Series } from "../models/types.js"
 * @import { Chart, Look, Options } from "./types.js"
 * @typedef {Pick<Usage, "by_day">} Report
 */

/**
 * The estimated cost of a day. It is unknown where tokens were used and none of them has a price.
 * @param {Day} day
 */
function estimated(day) {
  if (Object.keys(day.shadow_cost).length) return sumOf(day.shadow_cost);
  return sumOf(day.tokens) && !sumOf(day.cost) ? null : 0;
}

/** @param {State<Report>} state */
function rows(state) {
  const days = state.report?.by_day ?? [];
  /** @type {[Series, Series]} */
  const series = [
    { name: "reported", values: days.map((day) => sumOf(day.cost)) },
    { name: "estimated", values: days.map(estimated) },
  ];
  const before = beforeOf(
    state,
    (report) => report.by_day,
    (day) => sumOf(day.cost),
  );
  return { times: days.map((day) => day.t), step: stepOf(state), series, before };
}

/** @param {Look} look */
const hatched = (look) => ({
  color: look["surface-1"],
  line: { width: 1, color: look["text-2"] },
  pattern: {
    shape: "/",
    fgcolor: look["text-2"],
    bgcolor: "rgba(0,0,0,0)",
    fillmode: "replace",
    size: 5,
    solidity: 0.3,
  },
});

/**
 * An axis of cost, with as many decimals at each mark as the smallest one needs.
 * @param {Options} axis
 */
export function dollars(axis) {
  const step = axis.tickvals[1] ?? 1;
  const digits = [0, 2, 3, 4, 5, 6, 7, 8].find((n) => Math.abs(Number(step.toFixed(n)) - step) < step * 1e-6) ?? 8;
  /** @param {number} value */
  const words = (value) =>
    `US$ ${value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
  return { ...axis, ticktext: axis.tickvals.map((/** @type {number} */ value) => (value ? words(value) : "0")) };
}

/** @type {Chart<ReturnType<typeof rows>, Report>} */
export const byDay = {
  id: "by-day",
  nothing: "No cost was reported in this time, and no token has a price.",
  rows,
  compares: true,
  sub: (state) => stepWindow("US$ reported and estimated,", state),
  isEmpty: (data) => !data.series.some((line) => line.values.some(Boolean)),

  figure(data, look, size) {
    const empty = this.isEmpty(data);
    const values = [...data.series.flatMap((line) => line.values), ...(data.before?.values ?? [])];
    const top = ceiling(largest(values), empty ? 1 : 0.0001);
    const signs = [
      { name: "reported", y: top, colour: look.active, sign: "■" },
      { name: "estimated", y: top * 0.99, colour: look["text-2"], sign: "▨" },
      ...beforeLabel(data.before, look),
    ];
    const markers = [{ color: look.active }, hatched(look)];
    return {
      data: [
        ...data.series.map((line, i) =>
          bar({ name: line.name, values: line.values.map((value) => value || null) }, data.times, "", {
            text: line.values.map(cost),
            marker: markers[i],
          }),
        ),
        ...beforeLine(data.before, data.times, look, cost),
      ],
      layout: layout(look, size, {
        barmode: "group",
        bargap: 0.25,
        xaxis: stepAxis(data, look, size),
        yaxis: dollars(countAxis(top, look)),
        ...labelled(signs, top, look, size),
        ...(empty && { annotations: [] }),
      }),
    };
  },

  summary(data) {
    const [reported, apart] = data.series.map((line) => cost(sum(line.values)));
    const dearest = cost(largest(data.series[0].values));
    const costs = `Reported cost ${reported}, estimated cost ${apart}`;
    return `${costs} in the time shown; the dearest day was reported with ${dearest}.`;
  },

  table: (data) =>
    beforeColumn(
      {
        columns: [steps(data).name, "Reported cost", "Estimated cost"],
        units: ["", "US$", "US$"],
        write: cost,
        at: steps(data).at,
        rows: across(steps(data).words, ...data.series.map((line) => line.values)),
      },
      data.before,
    ),
};
