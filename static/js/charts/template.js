/** What charts share: axes, layout, labels, tables, rounding of axes, and the words of windows. */

import { clock, count, day, isoLocal, zone } from "../lib/format.js";
import { rangeWords } from "../lib/period.js";
import { sessionsOf } from "../models/links.js";
import { annotate, margin } from "./labels.js";

/**
 * @import { Series, Value } from "../models/types.js"
 * @import { Figure, State } from "../lib/types.js"
 * @import { Chart, Label, Look, Options, Point, Size, Table } from "./types.js"
 */

export const DAY = 86400;

/**
 * A place on an axis of time: ms since 1970 UTC. The viewer's clock repeats an hour each autumn.
 * @param {number} seconds
 */
export const toMs = (seconds) => seconds * 1000;

/**
 * The next round figure above the largest, so that an axis grows in steps and not with each frame.
 * @param {number} largest
 * @param {number} [least]
 */
export function ceiling(largest, least = 1) {
  const value = Math.max(largest * 1.04, least);
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((s) => s * power >= value - 1e-9) ?? 10;
  return step * power;
}

/** @param {Figure[]} values */
export const largest = (values) =>
  values.reduce((/** @type {number} */ most, n) => ((n ?? 0) > most ? Number(n) : most), 0);

/** @param {Figure[]} values */
export const sum = (values) => values.reduce((/** @type {number} */ total, value) => total + (value ?? 0), 0);

/**
 * The sums of the values at each place.
 * @param {Series[]} series
 */
export const sums = (series) => (series[0]?.values ?? []).map((_, i) => sum(series.map((line) => line.values[i])));

/**
 * The newest known value.
 * @param {Value[]} values
 */
export const last = (values) => values.findLast((value) => value !== null) ?? null;

/** @param {number} step */
export function stepWords(step) {
  if (step % 86400 === 0) return step === 86400 ? "day" : `${step / 86400} days`;
  if (step % 3600 === 0) return step === 3600 ? "hour" : `${step / 3600} h`;
  if (step % 60 === 0) return step === 60 ? "minute" : `${step / 60} min`;
  return `${step} s`;
}

/**
 * The window and the zone of a chart's subtitle: `last hour · CET`.
 * @param {Pick<State, "range" | "now">} state
 */
export const windowWords = (state) => `${rangeWords(state.range)} · ${zone(Date.parse(state.now))}`;

/**
 * The start of a bucket for tables and files, with the date where the step is long.
 * @param {number} seconds
 * @param {number} step
 */
export function when(seconds, step) {
  const ms = seconds * 1000;
  const words = step >= 600 ? `${day(ms)} ${clock(ms).slice(0, 5)}` : clock(ms);
  return repeated(ms) ? `${words} ${zone(ms)}` : words;
}

/**
 * Returns whether the viewer's clock shows this time twice.
 * @param {number} ms
 */
const repeated = (ms) => [-60, -30, 30, 60].some((shift) => clock(ms + shift * 60000) === clock(ms));

/**
 * `2026-11-22`: a day in UTC, for tables and files.
 * @param {number} seconds
 */
export const dayWords = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

/**
 * The summary of a chart, also where it has nothing to draw.
 * @template Rows
 * @param {Pick<Chart<Rows>, "isEmpty" | "nothing" | "summary">} chart
 * @param {Rows} rows
 */
export const summed = (chart, rows) => (chart.isEmpty(rows) ? chart.nothing : chart.summary(rows));

/**
 * The rows of a table: the words of each row, and its value in each line.
 * @param {string[]} words
 * @param {Value[][]} lines
 * @returns {Table["rows"]}
 */
export const across = (words, ...lines) => words.map((head, i) => [head, ...lines.map((line) => line[i])]);

/**
 * The columns and rows of a table as a file has them: with units in the head, and times in ISO 8601.
 * @param {Table} table
 */
export const filed = ({ columns, units = [], rows, at }) => ({
  columns: columns.map((name, i) => (units[i] ? `${name} (${units[i]})` : name)),
  rows: at ? rows.map(([, ...rest], i) => [isoLocal(toMs(at[i])), ...rest]) : rows,
});

/**
 * The table of lines over a window: a row for each bucket.
 * @param {{ times: number[], step: number, series: Series[] }} data
 * @param {string[]} names of the columns
 * @returns {Table}
 */
export const overTime = (data, names) => ({
  columns: ["Time", ...names],
  note: `each ${stepWords(data.step)}`,
  at: data.times,
  write: count,
  rows: across(
    data.times.map((t) => when(t, data.step)),
    ...data.series.map((line) => line.values),
  ),
});

/**
 * The address that a click on a bucket opens: its sessions. Null for rows without `times` and `step`.
 * @param {{ times?: number[], step?: number }} rows
 * @param {Point} point
 */
export function drill(rows, { index }) {
  const from = rows.times?.[index];
  return from === undefined || !rows.step ? null : sessionsOf(from, from + rows.step);
}

/**
 * The words of that link: `The sessions of this minute →`.
 * @param {object} rows
 */
export function opens(rows) {
  const step = "step" in rows ? Number(rows.step) : 0;
  return step ? `The sessions of ${theseWords(step)} →` : "The sessions behind it →";
}

/**
 * `this minute`, `these 5 min`.
 * @param {number} step
 */
export const theseWords = (step) =>
  /^\d/.test(stepWords(step)) ? `these ${stepWords(step)}` : `this ${stepWords(step)}`;

/**
 * An axis without lines.
 * @param {Look} look
 * @param {Options} [more]
 */
export const axis = (look, more = {}) => ({
  color: look["text-2"],
  showgrid: false,
  zeroline: false,
  showline: false,
  ticks: "",
  fixedrange: true,
  tickfont: { size: 11.5, color: look["text-2"] },
  ...more,
});

/**
 * A horizontal axis that is drawn as a line.
 * @param {Look} look
 * @param {Options} more
 */
export const lineAxis = (look, more) =>
  axis(look, { fixedrange: false, showline: true, linecolor: look["line-2"], linewidth: 1, ...more });

/**
 * The horizontal axis of a window; its ends are the window's ends. `zoned` {most, step} asks for labels in the viewer's
 * zone, at most `most` of them.
 * @param {number[]} times
 * @param {number} step
 * @param {Look} look
 * @param {Size} size
 * @param {Options} [more]
 */
export const timeAxis = (times, step, look, size, more = {}) =>
  lineAxis(look, {
    type: "date",
    range: [toMs(times[0]) - step * 500, toMs(times[times.length - 1]) + step * 500],
    zoned: { most: Math.max(4, Math.floor(size.width / 68)), step },
    ticklabelmode: "instant",
    tickangle: 0,
    showspikes: false,
    ...more,
  });

/**
 * The horizontal axis of days, in UTC for every viewer.
 * @param {number[]} days
 * @param {Look} look
 * @param {Size} size
 */
export function dayAxis(days, look, size) {
  const times = days.length ? days : [0, DAY];
  return lineAxis(look, {
    type: "date",
    range: [toMs(times[0]) - DAY * 500, toMs(times[times.length - 1]) + DAY * 500],
    nticks: Math.max(3, Math.floor(size.width / 90)),
    tickformatstops: [
      { dtickrange: [null, 86399999], value: "%H:%M" },
      { dtickrange: [86400000, null], value: "%e %b" },
    ],
    showspikes: false,
  });
}

/**
 * The horizontal axis of a report's steps: UTC days, or hours in the viewer's zone.
 * @param {{ times: number[], step: number }} data
 * @param {Look} look
 * @param {Size} size
 */
export const stepAxis = ({ times, step }, look, size) =>
  step === DAY ? dayAxis(times, look, size) : timeAxis(times.length ? times : [0, step], step, look, size);

/**
 * The starts of a report's steps for tables, the name of their column, and their times for files: hours alone have any.
 * @param {{ times: number[], step: number }} data
 */
export const steps = ({ times, step }) =>
  step === DAY
    ? { name: "Day (UTC)", words: times.map(dayWords), at: undefined }
    : { name: "Time", words: times.map((t) => when(t, step)), at: times };

/**
 * The steps and the window of a report for a subtitle: `each day in UTC · last 28 days`, `each hour · last hour · CET`.
 * @param {string} what
 * @param {Pick<State, "range" | "now" | "step">} state
 */
export const stepWindow = (what, state) =>
  stepOf(state) === DAY
    ? `${what} each day in UTC · ${rangeWords(state.range)}`
    : `${what} each ${stepWords(stepOf(state))} · ${windowWords(state)}`;

/**
 * The seconds of a report's step.
 * @param {{ step?: number }} state
 */
export const stepOf = ({ step = DAY }) => step;

/**
 * Evenly spaced ticks from zero to a ceiling(). The last one is the top of the plot.
 * @param {number} top
 */
export function ticks(top) {
  const lead = Math.round((top / 10 ** Math.floor(Math.log10(top) + 1e-9)) * 10) / 10;
  const parts = { 1: 5, 1.5: 3, 2: 4, 2.5: 5, 3: 3, 4: 4, 5: 5, 6: 3, 8: 4, 10: 5 }[lead] ?? 4;
  return Array.from({ length: parts + 1 }, (_, i) => (top / parts) * i);
}

/**
 * A figure on an axis: 40 k, 1.5 M, 250, 0.5.
 * @param {number} value
 */
export function tickWords(value) {
  if (value >= 1e9) return `${round(value / 1e9)} G`;
  if (value >= 1e6) return `${round(value / 1e6)} M`;
  return value >= 1e4 ? `${round(value / 1e3)} k` : round(value).toLocaleString("en-US");
}

/** @param {number} value */
const round = (value) => Math.round(value * 1000) / 1000;

/**
 * The vertical axis from zero to `top`.
 * @param {number} top
 * @param {Look} look
 * @param {Options} [options]
 */
export function countAxis(top, look, { unit = "", ends = false, ...more } = {}) {
  const tickvals = ends ? [0, top] : ticks(top);
  const ticktext = tickvals.map(
    (value) => `${top >= 10000 && value && value < 10000 ? `${round(value / 1000)} k` : tickWords(value)}${unit}`,
  );
  return axis(look, {
    range: [0, top * 1.012],
    showgrid: true,
    gridcolor: look["line-1"],
    gridwidth: 1,
    tickvals,
    ticktext,
    ...more,
  });
}

/**
 * The labels of lines at the right end of a chart, and the margin that they need.
 * @param {Label[]} labels
 * @param {number} top
 * @param {Look} look
 * @param {Size} size
 */
export const labelled = (labels, top, look, size) => ({
  margin: {
    r: margin(
      labels.map((label) => label.name),
      size.width,
    ),
  },
  annotations: annotate(labels, { top, height: inner(size), width: size.width, look }),
});

/** @typedef {{ top: number, labels: Label[], axis?: Options }} Panel */

/**
 * Two panels, one below the other: the upper one begins at `from`, the lower one ends at `to`, parts of the height.
 * @param {Panel} upper
 * @param {Panel} lower
 * @param {{ from: number, to: number, look: Look, size: Size }} place
 */
export function panels(upper, lower, { from, to, look, size }) {
  const plot = { height: inner(size), width: size.width, look };
  return {
    ...labelled([...upper.labels, ...lower.labels], 1, look, size),
    annotations: [
      ...annotate(upper.labels, { ...plot, top: upper.top, base: from, share: 1 - from }),
      ...annotate(lower.labels, { ...plot, top: lower.top, share: to }),
    ],
    yaxis: countAxis(upper.top, look, { domain: [from, 1], ...upper.axis }),
    yaxis2: countAxis(lower.top, look, { domain: [0, to], ends: true, ...lower.axis }),
  };
}

/**
 * The left margin that the words of an axis need, px.
 * @param {Options[]} axes
 */
export function leftMargin(...axes) {
  const lengths = axes.flatMap(({ ticktext }) => ticktext.map((/** @type {string} */ text) => text.length));
  return 12 + Math.ceil(6.9 * Math.max(...lengths));
}

/**
 * The layout of a chart, with the axes and labels in `more`.
 * @param {Look} look
 * @param {Size} size
 * @param {Options} more
 */
export function layout(look, size, { margin = {}, ...more }) {
  return {
    width: size.width,
    height: size.height,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false,
    font: { family: look.font, size: 12, color: look["text-2"] },
    hovermode: "x unified",
    dragmode: size.touch ? false : "zoom",
    bargap: 0.18,
    ...more,
    margin: { l: leftMargin(...[more.yaxis, more.yaxis2].filter(Boolean)), r: 10, t: 12, b: 26, pad: 0, ...margin },
  };
}

/**
 * The height of the plot itself, px.
 * @param {Size} size
 */
const inner = (size) => size.height - 12 - 26;
