/** Sessions created each hour; in a panel below, sessions that ended, by reason. */

import { count } from "../lib/format.js";
import { sessionsBehind, sessionsOf } from "../models/links.js";
import { beforeColumn, beforeLabel, beforeLine, beforeOf } from "./before.js";
import { legend } from "./labels.js";
import { across, ceiling, largest, layout, panels, sum, sums, timeAxis, when, windowWords } from "./template.js";
import { bar, hatch } from "./traces.js";

/**
 * @import { Operations } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Colour } from "./colours.js"
 * @import { Chart } from "./types.js"
 * @typedef {Pick<Operations, "days" | "created_per_hour">} Report
 */

const HOUR = 3600;
/** The pixels of an hour from which on a pattern can be seen. */
const BROAD = 8;
/** @typedef {{ reason: "closed" | "timeout" | "error", name: string, shape: string, colour: Colour }} Reason */
/** @type {Reason[]} */
const REASONS = [
  { reason: "closed", name: "closed", shape: "", colour: "text-2" },
  { reason: "timeout", name: "timed out", shape: "/", colour: "warning" },
  { reason: "error", name: "by error", shape: "x", colour: "critical" },
];

/** @param {State<Report>} state */
function rows(state) {
  const hours = state.report?.created_per_hour ?? [];
  const ended = REASONS.map((one) => ({ ...one, values: hours.map((hour) => hour.ended[one.reason]) }));
  return {
    times: hours.map((hour) => hour.t),
    step: HOUR,
    started: hours.map((hour) => hour.started),
    series: ended.filter((line) => line.values.some(Boolean)),
    before: beforeOf(
      state,
      (report) => report.created_per_hour,
      (hour) => hour.started,
    ),
  };
}

/** @type {Chart<ReturnType<typeof rows>, Report>} */
export const created = {
  id: "created",
  nothing: "No session began or ended in this time.",
  rows,
  compares: true,
  sub: (state) => `per hour; below, ended by reason · ${windowWords(state)}`,
  isEmpty: (data) => !data.started.some(Boolean) && !data.series.length,

  /** To the sessions of the hour, or to those that ended then for the reason of the bar. */
  link(data, { curve, index }) {
    const from = data.times[index];
    if (from === undefined) return null;
    const outcome = data.series[(curve ?? 0) - 1]?.reason ?? null;
    return (curve === 0 ? sessionsOf : sessionsBehind)(from, from + HOUR, { outcome });
  },

  figure(data, look, size) {
    const top = ceiling(largest([...data.started, ...(data.before?.values ?? [])]), 4);
    const below = Math.ceil(ceiling(largest(sums(data.series)), 2));
    const labels = [
      { name: "created", y: top / 2, colour: look.started, sign: "■" },
      ...beforeLabel(data.before, look),
    ];
    const times = data.times.length ? data.times : [0, HOUR];
    const wide = size.width / times.length > BROAD;
    return {
      data: [
        bar({ name: "created", values: data.started }, data.times, look.started),
        ...data.series.map((line) =>
          bar(line, data.times, "", {
            yaxis: "y2",
            marker: { color: look[line.colour], pattern: hatch(wide ? line.shape : "", look) },
          }),
        ),
        ...beforeLine(data.before, data.times, look, (value) => `${count(value)} created`),
      ],
      layout: layout(look, size, {
        barmode: "stack",
        bargap: 0.08,
        xaxis: timeAxis(times, HOUR, look, size, { anchor: "y2" }),
        ...panels(
          { top, labels, axis: { ends: true } },
          { top: below, labels: legend(data.series, below, (_, i) => look[data.series[i].colour]) },
          { from: 0.5, to: 0.4, look, size },
        ),
        ...(this.isEmpty(data) && { annotations: [] }),
      }),
    };
  },

  summary(data) {
    const ends = data.series.map((line) => `${count(sum(line.values))} ${line.name}`).join(", ");
    const [all, most] = [count(sum(data.started)), count(largest(data.started))];
    return `${all} sessions created in the time shown, at most ${most} an hour; ended: ${ends || "none"}.`;
  },

  table: (data) =>
    beforeColumn(
      {
        columns: ["Time", "Created", ...data.series.map((line) => `Ended: ${line.name}`)],
        note: "each hour",
        at: data.times,
        write: count,
        rows: across(
          data.times.map((t) => when(t, HOUR)),
          data.started,
          ...data.series.map((line) => line.values),
        ),
      },
      data.before,
    ),
};
