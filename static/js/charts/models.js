/** Tokens, reported cost or estimated cost of each model by day, as stacked bars. */

import { capital, cost, count } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";
import { ranked, sum } from "../models/select.js";
import { beforeColumn, beforeLabel, beforeLine, beforeOf } from "./before.js";
import { dollars } from "./by-day.js";
import { marks } from "./colours.js";
import { legend, safe } from "./labels.js";
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
  sums,
} from "./template.js";
import { bar, hatch } from "./traces.js";

/**
 * @import { Usage } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Lines } from "../models/types.js"
 * @import { Chart } from "./types.js"
 * @typedef {Pick<Usage, "by_day">} Report
 * @typedef {"tokens" | "cost" | "shadow_cost"} Measure
 */

const UNITS = { tokens: "tokens", cost: "US$", shadow_cost: "US$, not billed" };
const WORDS = { tokens: "tokens", cost: "reported cost, US$", shadow_cost: "estimated cost, US$, not billed" };

/**
 * @param {string} [choice]
 * @returns {Measure}
 */
const measured = (choice) => (choice === "cost" || choice === "shadow_cost" ? choice : "tokens");

/**
 * @param {State<Report>} state
 * @param {string} [choice]
 */
function rows(state, choice) {
  const [days, measure] = [state.report?.by_day ?? [], measured(choice)];
  const records = days.map((day) => day[measure]);
  /** @param {string[]} names */
  const values = (names) => records.map((record) => names.reduce((n, name) => n + (record[name] ?? 0), 0));
  /** @type {Lines} */
  const lines = { times: days.map((day) => day.t), step: stepOf(state), series: ranked(records, values) };
  const before = beforeOf(
    state,
    (report) => report.by_day,
    (day) => sum(day[measure]),
  );
  return { measure, ...lines, before };
}

/** @param {{ measure: Measure }} data */
const write = ({ measure }) => (measure === "tokens" ? count : cost);

/** @type {Chart<ReturnType<typeof rows>, Report>} */
export const models = {
  id: "models",
  choices: [
    { id: "tokens", name: "Tokens" },
    { id: "cost", name: "Cost" },
    { id: "shadow_cost", name: "Estimated cost" },
  ],
  nothing: "No model was used in this time, or none of it is known.",
  rows,
  compares: true,
  sub: (state, choice) => stepWindow(`${WORDS[measured(choice)]} by model,`, state),
  isEmpty: (data) => !data.series.length,

  /** To the sessions with the model on that day; from a row of the table, to those of the day. */
  link(data, { curve, index }) {
    const from = data.times[index];
    if (from === undefined) return null;
    const line = data.series[curve ?? -1];
    return sessionsOf(from, from + data.step, { model: line && !line.other ? line.name : null });
  },

  figure(data, look, size) {
    const [tokens, empty] = [data.measure === "tokens", this.isEmpty(data)];
    const highest = largest([...sums(data.series), ...(data.before?.values ?? [])]);
    const top = ceiling(highest, tokens ? 10 : empty ? 1 : 0.0001);
    const found = marks(data.series.map((line) => line.name));
    const labels = legend(data.series, top, (_, i) => look.model(found[i].index)).map((label, i) => ({
      ...label,
      sign: found[found.length - 1 - i].pattern ? "▨" : "■",
    }));
    const axis = countAxis(top, look);
    return {
      data: [
        ...data.series.map((line, i) =>
          bar({ ...line, name: safe(line.name) }, data.times, "", {
            text: line.values.map(write(data)),
            marker: { color: look.model(found[i].index), pattern: hatch(found[i].pattern, look) },
          }),
        ),
        ...beforeLine(data.before, data.times, look, (value) => `all ${write(data)(value)}`),
      ],
      layout: layout(look, size, {
        barmode: "stack",
        xaxis: stepAxis(data, look, size),
        yaxis: tokens ? axis : dollars(axis),
        ...labelled([...labels, ...beforeLabel(data.before, look)], top, look, size),
      }),
    };
  },

  summary(data) {
    const totals = data.series.map((line) => `${line.name} ${write(data)(line.total)}`).join(", ");
    return `${capital(WORDS[data.measure])} in the time shown: ${totals}.`;
  },

  table: (data) =>
    beforeColumn(
      {
        columns: [steps(data).name, ...data.series.map((line) => line.name)],
        units: ["", ...data.series.map(() => UNITS[data.measure])],
        write: write(data),
        at: steps(data).at,
        rows: across(steps(data).words, ...data.series.map((line) => line.values)),
      },
      data.before,
    ),
};
