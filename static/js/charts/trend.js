/** Waits over time, by hour or by day, with a band of the same hours in earlier weeks. */

import { count, duration } from "../lib/format.js";
import { rangeWords } from "../lib/period.js";
import { beforeColumn, beforeLabel, beforeLine, beforeOf } from "./before.js";
import {
  across,
  ceiling,
  countAxis,
  DAY,
  dayAxis,
  dayWords,
  labelled,
  largest,
  last,
  layout,
  timeAxis,
  when,
  windowWords,
} from "./template.js";
import { waitLimits } from "./thresholds.js";
import { band, line } from "./traces.js";

/**
 * @import { ResponsePoint, Responses } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Chart, Look } from "./types.js"
 * @typedef {Pick<Responses, "trend" | "daily">} Report
 * @typedef {Chart<ReturnType<typeof rows>, Report>} Trend
 */

/** @type {("p50" | "p95")[]} */
const LINES = ["p50", "p95"];
/** @type {("low" | "p50" | "high")[]} */
const USUAL = ["low", "p50", "high"];

/**
 * @param {State<Report>} state
 * @param {(report: Report) => ResponsePoint[]} pointsOf
 * @param {number} step
 */
function rows(state, pointsOf, step) {
  const points = state.report ? pointsOf(state.report) : [];
  const before = beforeOf(state, pointsOf, (point) => point.p50);
  return { ...lines(points), step, before };
}

/** @param {ResponsePoint[]} points */
const lines = (points) => ({
  times: points.map((point) => point.t),
  counts: points.map((point) => point.count),
  series: LINES.map((name) => ({ name, values: points.map((point) => point[name]) })),
  usual: USUAL.map((name) => points.map((point) => point.before?.[name] ?? null)),
});

/**
 * @param {ReturnType<typeof rows>} data
 * @param {Look} look
 */
function traces({ times, counts, before, series: [p50, p95], usual: [low, half, high] }, look) {
  const usual = half.map((value, i) => `${duration(value)} (${duration(low[i])} to ${duration(high[i])})`);
  const answers = p50.values.map((value, i) => `${duration(value)}, ${count(counts[i])} answers`);
  return [
    { ...band(times, low, high, look["line-2"]), line: { width: 0.6, color: look.edge } },
    line({ name: "p50 of weeks before", values: half }, times, look.edge, 1.2, {
      text: usual,
      line: { color: look.edge, width: 1.2, dash: "dot" },
    }),
    ...beforeLine(before, times, look, (value) => `p50 ${duration(value)}`),
    line(p95, times, look.p95, 1.4, { text: p95.values.map(duration) }),
    line(p50, times, look.p50, 2.2, { text: answers }),
  ];
}

/** @type {Trend} */
export const trend = {
  id: "trend",
  nothing: "Nobody waited for an answer in this time.",
  rows: (state) => rows(state, ({ trend }) => trend.points, state.report?.trend.step ?? 3600),
  compares: true,
  sub: (state) =>
    state.report?.trend.step === DAY
      ? daily.sub(state)
      : `each hour · grey: p50 in the same hour of weeks before · ${windowWords(state)}`,
  thresholds: waitLimits,
  isEmpty: (data) => data.series.every(({ values }) => values.every((value) => value === null)),

  figure(data, look, size) {
    const compared = [...data.usual[2], ...(data.before?.values ?? [])];
    const top = ceiling(largest([...data.series.flatMap(({ values }) => values), ...compared]), 1);
    const newest = data.series
      .map(({ name, values }) => ({ name: `${name}`, y: last(values) ?? 0, colour: look[name], sign: "━" }))
      .reverse();
    const usual = last(data.usual[1]);
    if (usual !== null) newest.push({ name: "usual", y: usual, colour: look.edge, sign: "■" });
    const times = data.times.length ? data.times : [0, data.step];
    return {
      data: traces(data, look),
      layout: layout(look, size, {
        yaxis: countAxis(top, look, { unit: " s" }),
        xaxis: data.step === DAY ? dayAxis(times, look, size) : timeAxis(times, data.step, look, size),
        ...labelled([...newest, ...beforeLabel(data.before, look)], top, look, size),
        ...(this.isEmpty(data) && { annotations: [] }),
      }),
    };
  },

  summary(data) {
    const [p50, p95] = data.series.map(({ values }) => duration(last(values)));
    const usual = last(data.usual[1]);
    const beside =
      usual === null ? "nothing is known of weeks before" : `in weeks before half waited ${duration(usual)}`;
    const newest = `Newest ${data.step === DAY ? "day" : "hour"}: half within ${p50}, 95 of 100 within ${p95}`;
    return `${newest}; ${beside}; the highest p95 was ${duration(largest(data.series[1].values))}.`;
  },

  table: (data) =>
    beforeColumn(
      {
        columns: [
          ...[data.step === DAY ? "Day (UTC)" : "Time", "p50", "p95"],
          ...["Weeks before: low", "Weeks before: p50", "Weeks before: high", "Answers"],
        ],
        units: ["", "s", "s", "s", "s", "s"],
        at: data.step === DAY ? undefined : data.times,
        write: (value, column) => (column === 6 ? count(value) : duration(value)),
        rows: across(
          data.times.map((t) => (data.step === DAY ? dayWords(t) : when(t, data.step))),
          ...data.series.map(({ values }) => values),
          ...data.usual,
          data.counts,
        ),
      },
      data.before,
    ),
};

/**
 * The same by day.
 * @type {Trend}
 */
export const daily = {
  ...trend,
  id: "daily",
  rows: (state) => rows(state, ({ daily }) => daily, DAY),
  sub: (state) => `each day in UTC · grey: p50 on that weekday before · ${rangeWords(state.range)}`,
};
