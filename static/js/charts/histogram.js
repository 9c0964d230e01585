/** The distribution of waits: bars of seconds on a logarithmic axis, with the percentiles. */

import { count, duration, percent } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";
import { spread } from "./labels.js";
import { ceiling, countAxis, largest, layout, windowWords } from "./template.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Bar } from "../lib/frames.js"
 * @import { Look, Point, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600,
  86400,
];
const MARKS = ["p50", "p90", "p95", "p99"];
const TICK = 46;
const TOP = 26;

export const id = "histogram";
export const nothing = "Nobody waited for an answer in this time.";
/** @param {State} state */
export const sub = (state) => `answers by the seconds a person waited, logarithmic · ${windowWords(state)}`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.total;

/** @param {string | null} iso */
const seconds = (iso) => (iso === null ? null : Date.parse(iso) / 1000);

/** @param {State} state */
export function rows(state) {
  const { histogram = [], figures = null, from = null, to = null } = state.report ?? {};
  /** @type {{ from: number, to: number, count: number }[]} */
  const bars = histogram;
  return {
    bars,
    total: bars.reduce((n, bar) => n + bar.count, 0),
    window: [from, to].map(seconds),
    marks: figures ? MARKS.map((name) => ({ name, at: figures[name] })).filter(({ at }) => at > 0) : [],
  };
}

/** @param {number} seconds */
const log = (seconds) => Math.log10(Math.max(seconds, 1e-4));

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(largest(data.bars.map((bar) => bar.count)), 4);
  const range = data.bars.length ? [log(data.bars[0].from), log(data.bars[data.bars.length - 1].to)] : [-1, 2];
  const yaxis = countAxis(top, look);
  const width = size.width - 60;
  const xaxis = {
    ...ticks(range, width),
    range,
    color: look["text-2"],
    showgrid: false,
    zeroline: false,
    ticks: "",
    showline: true,
    linecolor: look["line-2"],
    linewidth: 1,
    tickfont: { size: 11.5, color: look["text-2"] },
  };
  const axes = {
    hovermode: "closest",
    margin: { t: TOP },
    bargap: 0,
    xaxis,
    yaxis,
    shapes: data.marks.map((mark) => line(mark, look)),
    annotations: names(data.marks, range, width, look),
  };
  return { data: [trace(data, look)], layout: layout(look, size, axes) };
}

/**
 * @param {Rows} data
 * @param {Look} look
 */
function trace(data, look) {
  const [from, to] = [data.bars.map((bar) => log(bar.from)), data.bars.map((bar) => log(bar.to))];
  return {
    type: "bar",
    name: "answers",
    x: from.map((low, i) => (low + to[i]) / 2),
    width: from.map((low, i) => (to[i] - low) * 0.9),
    y: data.bars.map((bar) => bar.count),
    text: data.bars.map((bar) => `${within(bar)}<br>${count(bar.count)} answers, ${percent(bar.count / data.total)} %`),
    textposition: "none",
    hovertemplate: "%{text}<extra></extra>",
    marker: { color: look.p50 },
  };
}

/** @param {Bar} bar */
const within = (bar) => `${duration(bar.from)} to ${duration(bar.to)}`;
/**
 * @param {string} name
 * @param {Look} look
 */
const colour = (name, look) => look[name] ?? look["text-2"];

/**
 * @param {{ name: string, at: number }} options
 * @param {Look} look
 */
const line = ({ name, at }, look) => ({
  type: "line",
  xref: "x",
  yref: "paper",
  x0: log(at),
  x1: log(at),
  y0: 0,
  y1: 1,
  line: { color: name === "p50" ? look["text-1"] : colour(name, look), width: 1.5, dash: "dash" },
});

/**
 * The names above their lines, moved apart where they would overlap.
 * @param {{ name: string, at: number }[]} marks
 * @param {number[]} range
 * @param {number} width
 * @param {Look} look
 */
function names(marks, range, width, look) {
  const wanted = marks.map(({ at }) => ((log(at) - range[0]) / (range[1] - range[0])) * width);
  return spread(wanted, width, 28).map((x, i) => ({
    xref: "x",
    yref: "paper",
    x: range[0] + (x / width) * (range[1] - range[0]),
    y: 1,
    yanchor: "bottom",
    xanchor: "center",
    showarrow: false,
    text: marks[i].name,
    font: { size: 11.5, color: look["text-1"] },
  }));
}

/**
 * @param {number[]} range
 * @param {number} width
 */
function ticks(range, width) {
  const shown = [];
  for (const step of STEPS) {
    const at = log(step);
    const before = shown.length ? log(shown[shown.length - 1]) : -Infinity;
    if (at >= range[0] - 1e-9 && at <= range[1] + 1e-9 && ((at - before) / (range[1] - range[0])) * width >= TICK)
      shown.push(step);
  }
  return { tickvals: shown.map(log), ticktext: shown.map((step) => duration(step).replace(".0 s", " s")) };
}

/**
 * Where a click leads: the sessions of the window, sorted by their average wait. The slowest are first for a bar above
 * the median, else the quickest.
 * @param {Rows} data
 * @param {Point} point
 */
export function link(data, { index }) {
  const bar = data.bars[index];
  if (!bar) return null;
  const half = data.marks.find((mark) => mark.name === "p50")?.at ?? 0;
  return sessionsOf(data.window[0], data.window[1], {
    sort: "average_response_time",
    order: bar.to > half ? "desc" : "asc",
  });
}

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const top = data.bars.reduce((a, b) => (b.count > a.count ? b : a));
  const marks = data.marks.map(({ name, at }) => `${name} ${duration(at)}`).join(", ");
  return `Of ${count(data.total)} answers most took ${within(top)}${marks ? `; ${marks}` : ""}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Wait", "Answers", "Share"],
  ordered: true,
  write: (value, column) => (column === 2 ? `${percent(value)} %` : count(value)),
  rows: data.bars.map((bar) => [within(bar), bar.count, data.total ? bar.count / data.total : null]),
});
