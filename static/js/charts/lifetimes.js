/** The lifetimes of ended sessions: a bar for each range, with mean, p50 and p95. */

import { count, duration, percent } from "../lib/format.js";
import { spread } from "./labels.js";
import { ceiling, countAxis, largest, layout } from "./template.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Bar } from "../lib/frames.js"
 * @import { Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const MARKS = ["p50", "mean", "p95"];
const TOP = 26;
const TICK = 44;

export const id = "lifetimes";
export const nothing = "No session has ended in this time.";
/** @param {State} state */
export const sub = (state) => `from start to end, silence before a timeout too · last ${state.report?.days ?? 7} days`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.total;
export const link = () => null;

/** @param {State} state */
export function rows(state) {
  const found = state.report?.lifetimes ?? null;
  /** @type {Bar[]} */
  const bars = found?.histogram ?? [];
  return {
    bars,
    total: found?.count ?? 0,
    marks: MARKS.filter((name) => found?.[name] > 0).map((name) => ({ name, at: found[name] })),
  };
}

/**
 * The place of a duration on an axis on which bar i lies from i to i + 1.
 * @param {Bar[]} bars
 * @param {number} seconds
 */
export function place(bars, seconds) {
  const index = bars.findIndex((bar) => bar.to === null || seconds < bar.to);
  if (index < 0) return bars.length;
  const { from, to } = bars[index];
  return index + (to === null ? 0.5 : Math.max(0, (seconds - from) / (to - from)));
}

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(largest(data.bars.map((bar) => bar.count)), 4);
  const yaxis = countAxis(top, look);
  const many = Math.max(1, data.bars.length);
  const width = size.width - 60;
  const xaxis = {
    ...ticks(data.bars, width / many),
    range: [0, many],
    color: look["text-2"],
    showgrid: false,
    zeroline: false,
    ticks: "",
    showline: true,
    linecolor: look["line-2"],
    linewidth: 1,
    tickfont: { size: 11.5, color: look["text-2"] },
    fixedrange: true,
  };
  const axes = {
    hovermode: "closest",
    margin: { t: TOP, r: 18 },
    bargap: 0,
    xaxis,
    yaxis,
    shapes: data.marks.map((mark) => line(mark, data, look)),
    annotations: names(data, width, look),
  };
  return { data: [trace(data, look)], layout: layout(look, size, axes) };
}

/**
 * @param {Rows} data
 * @param {Look} look
 */
const trace = (data, look) => ({
  type: "bar",
  name: "sessions",
  x: data.bars.map((_, i) => i + 0.5),
  width: data.bars.map(() => 0.92),
  y: data.bars.map((bar) => bar.count),
  text: data.bars.map((bar) => `${within(bar)}<br>${count(bar.count)} sessions, ${percent(bar.count / data.total)} %`),
  textposition: "none",
  hovertemplate: "%{text}<extra></extra>",
  marker: { color: look.started },
});

/** @param {Bar} options */
const within = ({ from, to }) => (to === null ? `${duration(from)} and more` : `${short(from)} to ${short(to)}`);
/** @param {number} seconds */
const short = (seconds) => duration(seconds).replace(".0 s", " s");

/**
 * Borders between bars, as many as have room.
 * @param {Bar[]} bars
 * @param {number} px
 */
function ticks(bars, px) {
  const each = Math.ceil(TICK / px);
  const shown = bars.map((_, i) => i).filter((i) => i % each === 0);
  return { tickvals: shown, ticktext: shown.map((i) => short(bars[i].from)) };
}

/**
 * @param {{ name: string, at: number }} options
 * @param {Rows} data
 * @param {Look} look
 */
const line = ({ name, at }, data, look) => {
  const x = place(data.bars, at);
  return {
    type: "line",
    xref: "x",
    yref: "paper",
    x0: x,
    x1: x,
    y0: 0,
    y1: 1,
    line: { color: name === "p95" ? look.p95 : look["text-1"], width: 1.5, dash: name === "mean" ? "dot" : "dash" },
  };
};

/**
 * The names above their lines, moved apart where they would overlap.
 * @param {Rows} options
 * @param {number} width
 * @param {Look} look
 */
function names({ bars, marks }, width, look) {
  const many = Math.max(1, bars.length);
  return spread(
    marks.map(({ at }) => (place(bars, at) / many) * width),
    width,
    36,
  ).map((x, i) => ({
    xref: "x",
    yref: "paper",
    x: (x / width) * many,
    y: 1,
    yanchor: "bottom",
    xanchor: "center",
    showarrow: false,
    text: marks[i].name,
    font: { size: 11.5, color: look["text-1"] },
  }));
}

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const marks = data.marks.map(({ name, at }) => `${name} ${duration(at)}`).join(", ");
  return `${count(data.total)} sessions ended${marks ? `; ${marks}` : ""}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Lifetime", "Sessions", "Share"],
  ordered: true,
  write: (value, column) => (column === 2 ? `${percent(value)} %` : count(value)),
  rows: data.bars.map((bar) => [within(bar), bar.count, data.total ? bar.count / data.total : null]),
});
