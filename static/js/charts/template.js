/** What charts share: axes, layout, rounding of axes, and the words of windows. */

import { clock, day, zone } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";

/**
 * @import { Series } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { Look, Point, Size } from "./types.js"
 */

/** @type {Record<string, string>} */
const RANGES = {
  "15m": "last 15 min",
  "1h": "last hour",
  "6h": "last 6 hours",
  "24h": "last 24 hours",
  "7d": "last 7 days",
  "28d": "last 28 days",
  "90d": "last 90 days",
};

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

/** @param {any[]} values */
// biome-ignore lint/complexity/useMathMinMax: Math.max returns NaN where one of the values is unknown.
export const largest = (values) => values.reduce((most, value) => (value > most ? value : most), 0);

/**
 * The highest of the stacked sums.
 * @param {Series[]} series
 */
export const stacked = (series) =>
  largest((series[0]?.values ?? []).map((_, i) => series.reduce((n, line) => n + (line.values[i] ?? 0), 0)));

/**
 * @template T
 * @param {T[]} values
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
 * @param {State} state
 */
export const windowWords = (state) => `${RANGES[state.range] ?? state.range} · ${zone(Date.parse(state.now))}`;

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
 * Whether the viewer's clock shows this time twice.
 * @param {number} ms
 */
const repeated = (ms) => [-60, -30, 30, 60].some((shift) => clock(ms + shift * 60000) === clock(ms));

/**
 * @param {Look} look
 * @param {Record<string, any>} [more]
 */
const plain = (look, more = {}) => ({
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
 * The horizontal axis of a window; its ends are the window's ends. `zoned` {most, step} asks for labels in the viewer's
 * zone, at most `most` of them.
 * @param {number[]} times
 * @param {number} step
 * @param {Look} look
 * @param {Size} size
 * @param {Record<string, any>} [more]
 */
export function timeAxis(times, step, look, size, more = {}) {
  const range = [toMs(times[0]) - step * 500, toMs(times[times.length - 1]) + step * 500];
  return plain(look, {
    type: "date",
    range,
    zoned: { most: Math.max(3, Math.floor(size.width / 90)), step },
    fixedrange: false,
    showline: true,
    linecolor: look["line-2"],
    linewidth: 1,
    hoverformat: step >= 3600 ? "%a %e %b %H:%M" : "%H:%M:%S",
    ticklabelmode: "instant",
    spikethickness: 1,
    spikecolor: look.edge,
    spikedash: "solid",
    spikemode: "across",
    ...more,
  });
}

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
  /** @type {[number, string][]} */
  const sizes = [
    [1e9, " G"],
    [1e6, " M"],
    [1e4, " k"],
  ];
  for (const [size, unit] of sizes) {
    if (value >= size) return `${round(value / (size === 1e4 ? 1e3 : size))}${unit}`;
  }
  return round(value).toLocaleString("en-US");
}

/** @param {number} value */
const round = (value) => Math.round(value * 1000) / 1000;

/**
 * The horizontal axis of days, in UTC for every viewer.
 * @param {number[]} times
 * @param {Look} look
 * @param {Size} size
 * @param {Record<string, any>} [more]
 */
export function dayAxis(times, look, size, more = {}) {
  const half = DAY * 500;
  return plain(look, {
    type: "date",
    range: [times[0] * 1000 - half, times[times.length - 1] * 1000 + half],
    fixedrange: false,
    nticks: Math.max(3, Math.floor(size.width / 90)),
    showline: true,
    linecolor: look["line-2"],
    linewidth: 1,
    hoverformat: "%a %e %b",
    spikethickness: 1,
    spikecolor: look.edge,
    spikedash: "solid",
    spikemode: "across",
    tickformatstops: [
      { dtickrange: [null, 86399999], value: "%H:%M" },
      { dtickrange: [86400000, null], value: "%e %b" },
    ],
    ...more,
  });
}

/**
 * `2026-11-22`: a day in UTC, for tables and files.
 * @param {number} seconds
 */
export const dayWords = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

/**
 * Where a click on a bucket leads: its sessions. Null for rows without `times` and `step`.
 * @param {{ times?: number[], step?: number }} rows
 * @param {Point} point
 */
export function drill(rows, { index }) {
  const from = rows.times?.[index];
  return from === undefined || !rows.step ? null : sessionsOf(from, from + rows.step);
}

/**
 * The vertical axis from zero to `top`.
 * @param {number} top
 * @param {Look} look
 * @param {Record<string, any>} [options]
 */
export function countAxis(top, look, { unit = "", ends = false, ...more } = {}) {
  const tickvals = ends ? [0, top] : ticks(top);
  const ticktext = tickvals.map(
    (value) => `${top >= 10000 && value && value < 10000 ? `${round(value / 1000)} k` : tickWords(value)}${unit}`,
  );
  return plain(look, {
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
 * The left margin that the words of an axis need, px.
 * @param {...any} axes
 */
export const leftMargin = (...axes) =>
  12 +
  Math.ceil(6.9 * Math.max(...axes.flatMap((axis) => axis.ticktext.map((/** @type {string} */ text) => text.length))));

/**
 * The layout of a chart, with the axes and labels in `more`.
 * @param {Look} look
 * @param {Size} size
 * @param {Record<string, any>} more
 */
export function layout(look, size, more) {
  const { margin = {}, ...rest } = more;
  return {
    width: size.width,
    height: size.height,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false,
    font: { family: look.font, size: 12, color: look["text-2"] },
    hovermode: "x unified",
    dragmode: size.touch ? false : "zoom",
    hoverlabel: { bgcolor: look["surface-2"], bordercolor: look["line-2"], font: { size: 12, color: look["text-1"] } },
    bargap: 0.18,
    ...rest,
    margin: { l: leftMargin(...[rest.yaxis, rest.yaxis2].filter(Boolean)), r: 10, t: 12, b: 26, pad: 0, ...margin },
  };
}

/**
 * The height of the plot itself, px.
 * @param {Size} size
 * @param {number} [top]
 * @param {number} [bottom]
 */
export const inner = (size, top = 12, bottom = 26) => size.height - top - bottom;
