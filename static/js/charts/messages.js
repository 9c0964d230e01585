/** Messages a minute by role, as stacked bars. */

import { count } from "../lib/format.js";
import * as select from "../models/select.js";
import { beforeColumn, beforeLabel, beforeLine } from "./before.js";
import { middles } from "./labels.js";
import {
  ceiling,
  countAxis,
  labelled,
  largest,
  last,
  layout,
  overTime,
  sums,
  timeAxis,
  windowWords,
} from "./template.js";
import { bar, paled } from "./traces.js";

/**
 * @import { Lines, Value } from "../models/types.js"
 * @import { Chart } from "./types.js"
 */

/** @param {Value} value */
const rate = (value) => `${count(value)} /min`;

/** @type {Chart<Lines>} */
export const messages = {
  id: "messages",
  nothing: "No messages in this window.",
  rows: select.messages,
  compares: true,
  sub: (state) => `per minute, by role · ${windowWords(state)}`,
  isEmpty: (data) => !data.series.length,

  figure(data, look, size) {
    const top = ceiling(largest([...sums(data.series), ...(data.before?.values ?? [])]), 4);
    const full = data.fills && data.series.some((line) => (line.values.at(-2) ?? 0) > 0) ? -2 : -1;
    return {
      data: [
        ...data.series.map((line) =>
          bar(line, data.times, "", {
            text: line.values.map(rate),
            marker: { color: look.role(line.name), opacity: paled(data) },
          }),
        ),
        ...beforeLine(data.before ?? null, data.times, look, rate),
      ],
      layout: layout(look, size, {
        barmode: "stack",
        xaxis: timeAxis(data.times, data.step, look, size),
        yaxis: countAxis(top, look),
        ...labelled(
          [...middles(data.series, full, look.role), ...beforeLabel(data.before ?? null, look)],
          top,
          look,
          size,
        ),
      }),
    };
  },

  summary(data) {
    const parts = data.series.map((line) => `${count(line.total)} by ${line.name}`).join(", ");
    const all = sums(data.series);
    return `Messages in the window: ${parts}; at most ${count(largest(all))} a minute, newest ${count(last(all))}.`;
  },

  table: (data) =>
    beforeColumn(
      overTime(
        data,
        data.series.map((line) => `${line.name} per minute`),
      ),
      data.before ?? null,
    ),
};
