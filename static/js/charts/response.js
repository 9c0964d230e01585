/** The waits for an answer: bands between p50, p95 and p99. */

import { duration, plural, UNKNOWN } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";
import * as select from "../models/select.js";
import { beforeColumn, beforeLabel, beforeLine } from "./before.js";
import {
  across,
  ceiling,
  countAxis,
  labelled,
  largest,
  last,
  layout,
  stepWords,
  theseWords,
  timeAxis,
  when,
  windowWords,
} from "./template.js";
import { waitLimits } from "./thresholds.js";
import { band, line } from "./traces.js";

/**
 * @import { Series } from "../models/types.js"
 * @import { Chart } from "./types.js"
 */

const WIDTHS = { p50: 2.2, p95: 1.6, p99: 1.1 };

/** @type {Chart<ReturnType<typeof select.response>>} */
export const response = {
  id: "response",
  nothing: "Nobody waited for an answer in this window.",
  rows: select.response,
  compares: true,
  thresholds: waitLimits,
  sub: (state) => `wait for an answer, per ${stepWords(state.step)} · ${windowWords(state)}`,
  isEmpty: (data) => data.series.every(({ values }) => values.every((value) => value === null)),

  /** To the sessions of then, those with the slowest answer first. */
  link(data, { index }) {
    const from = data.times[index];
    return from === undefined ? null : sessionsOf(from, from + data.step, { sort: "slowest" });
  },

  opens: (data) => `Slowest answers of ${theseWords(data.step)} →`,

  figure(data, look, size) {
    const [p50, p95, p99] = data.series;
    const top = ceiling(largest([...data.series.flatMap(({ values }) => values), ...(data.before?.values ?? [])]), 1);
    const newest = [p99, p95, p50].flatMap(({ name, values }) => {
      const y = last(values);
      return y === null ? [] : [{ name, y, colour: look[name], sign: "━" }];
    });
    /** @param {Series} one */
    const words = ({ name, values }) =>
      values.map(
        (value, i) => `${duration(value)}${name === "p50" ? ` · ${plural(data.counts[i] ?? 0, "answer")}` : ""}`,
      );
    return {
      data: [
        ...beforeLine(data.before, data.times, look, (value) => `p50 ${duration(value)}`),
        band(data.times, p95.values, p99.values, look["band-outer"]),
        band(data.times, p50.values, p95.values, look["band-inner"]),
        ...[p99, p95, p50].map((one) =>
          line(one, data.times, look[one.name], WIDTHS[one.name], {
            text: words(one),
          }),
        ),
      ],
      layout: layout(look, size, {
        xaxis: timeAxis(data.times, data.step, look, size),
        yaxis: countAxis(top, look, { unit: " s" }),
        ...labelled([...newest, ...beforeLabel(data.before, look)], top, look, size),
        ...(this.isEmpty(data) && { annotations: [] }),
      }),
    };
  },

  summary(data) {
    const at = data.series[0].values.findLastIndex((value) => value !== null);
    const [p50, p95, p99] = data.series.map(({ values }) => duration(values[at]));
    const worst = duration(largest(data.series[1].values));
    const rare = p99 === UNKNOWN ? "" : `, 99 of 100 within ${p99}`;
    const newest = `half within ${p50}, 95 of 100 within ${p95}${rare}`;
    return `Newest wait for an answer: ${newest}; the highest p95 in the window was ${worst}.`;
  },

  table: (data) =>
    beforeColumn(
      {
        columns: ["Time", "p50", "p95", "p99", "Answers"],
        units: ["", "s", "s", "s"],
        at: data.times,
        write: (value, column) => (column === 4 ? String(value) : duration(value)),
        rows: across(
          data.times.map((t) => when(t, data.step)),
          ...data.series.map(({ values }) => values),
          data.counts,
        ),
      },
      data.before,
    ),
};
