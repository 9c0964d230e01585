/** Errors by kind: messages, operations and sessions that failed, as stacked bars with a pattern each. */

import { count } from "../lib/format.js";
import { sessionsBehind } from "../models/links.js";
import * as select from "../models/select.js";
import { beforeColumn, beforeLabel, beforeLine } from "./before.js";
import { legend } from "./labels.js";
import {
  ceiling,
  countAxis,
  labelled,
  largest,
  layout,
  overTime,
  stepWords,
  sums,
  timeAxis,
  windowWords,
} from "./template.js";
import { bar, hatch, paled } from "./traces.js";

/**
 * @import { Lines } from "../models/types.js"
 * @import { Chart } from "./types.js"
 */

/** @type {Record<string, string>} */
const PATTERNS = { message: "", operation: "/", session: "x" };

/** @type {Chart<Lines>} */
export const errors = {
  id: "errors",
  nothing: "Nothing failed in this window.",
  rows: select.errors,
  compares: true,
  sub: (state) => `each ${stepWords(state.step)}, by what failed · ${windowWords(state)}`,
  isEmpty: (data) => !data.series.length,

  /** To the sessions of that time with an error; a bar of failed sessions to those that ended by an error. */
  link(data, { curve, index }) {
    const [from, failed] = [data.times[index], data.series.filter((line) => (line.values[index] ?? 0) > 0)];
    if (from === undefined) return null;
    const hit = data.series[curve ?? -1];
    const meant = failed.includes(hit) ? [hit] : failed;
    const outcome = meant.every(({ name }) => name === "session") ? "error" : "failing";
    return sessionsBehind(from, from + data.step, { outcome: meant.length ? outcome : null });
  },

  figure(data, look, size) {
    const top = ceiling(largest([...sums(data.series), ...(data.before?.values ?? [])]), 4);
    return {
      data: [
        ...data.series.map((line) => {
          const pattern = hatch(PATTERNS[line.name], look);
          return bar(line, data.times, "", { marker: { color: look.error(line.name), opacity: paled(data), pattern } });
        }),
        ...beforeLine(data.before ?? null, data.times, look, count),
      ],
      layout: layout(look, size, {
        barmode: "stack",
        xaxis: timeAxis(data.times, data.step, look, size),
        yaxis: countAxis(top, look),
        // the newest bar may be empty
        ...labelled(
          [...legend(data.series, top, look.error), ...beforeLabel(data.before ?? null, look)],
          top,
          look,
          size,
        ),
      }),
    };
  },

  summary: (data) =>
    `Errors in the window: ${data.series.map((line) => `${count(line.total)} of kind ${line.name}`).join(", ")}.`,

  table: (data) =>
    beforeColumn(
      overTime(
        data,
        data.series.map((line) => line.name),
      ),
      data.before ?? null,
    ),
};
