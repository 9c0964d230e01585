/** Messages of each day by role, as stacked bars. */

import { capital, count } from "../lib/format.js";
import { beforeColumn, beforeLabel, beforeLine, beforeOf } from "./before.js";
import { legend } from "./labels.js";
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
  sums,
} from "./template.js";
import { bar } from "./traces.js";

/**
 * @import { Mine } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Chart } from "./types.js"
 * @typedef {Pick<Mine, "by_day">} Report
 */

/** @type {("user" | "assistant")[]} */
const SHOWN = ["user", "assistant"];

/** @param {State<Report>} state */
function rows(state) {
  const days = state.report?.by_day ?? [];
  return {
    times: days.map((day) => day.t),
    step: stepOf(state),
    sessions: days.map((day) => day.sessions),
    series: SHOWN.map((name) => ({ name, values: days.map((day) => day[name]) })),
    before: beforeOf(
      state,
      (report) => report.by_day,
      (day) => day.user + day.assistant,
    ),
  };
}

/** @type {Chart<ReturnType<typeof rows>, Report>} */
export const mineDays = {
  id: "days",
  nothing: "No messages in this time.",
  rows,
  compares: true,
  sub: (state) => stepWindow("messages by role,", state),
  isEmpty: (data) => !data.series.some((line) => line.values.some(Boolean)),

  figure(data, look, size) {
    const top = ceiling(largest([...sums(data.series), ...(data.before?.values ?? [])]), 4);
    const labels = [...legend(data.series, top, look.role), ...beforeLabel(data.before, look)];
    return {
      data: [
        ...data.series.map((line) => bar(line, data.times, look.role(line.name))),
        ...beforeLine(data.before, data.times, look, (value) => `all ${count(value)}`),
      ],
      layout: layout(look, size, {
        barmode: "stack",
        xaxis: stepAxis(data, look, size),
        yaxis: countAxis(top, look),
        ...labelled(labels, top, look, size),
        ...(this.isEmpty(data) && { annotations: [] }),
      }),
    };
  },

  summary(data) {
    const roles = data.series.map((line) => `${count(sum(line.values))} messages by ${line.name}`).join(", ");
    const most = count(largest(sums(data.series)));
    return capital(`${roles}; at most ${most} a day; ${count(sum(data.sessions))} sessions begun.`);
  },

  table: (data) =>
    beforeColumn(
      {
        columns: [steps(data).name, ...data.series.map((line) => `by ${line.name}`), "sessions begun"],
        write: count,
        at: steps(data).at,
        rows: across(steps(data).words, ...data.series.map((line) => line.values), data.sessions),
      },
      data.before,
    ),
};
