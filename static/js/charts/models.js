/** Tokens, reported cost or shadow cost of each model by day, as stacked bars. */

import { cost, count } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";
import { dollars } from "./by-day.js";
import { marks } from "./colours.js";
import { annotate, margin } from "./labels.js";
import { ceiling, countAxis, DAY, dayAxis, dayWords, inner, layout, stacked, windowWords } from "./template.js";

/**
 * @import { Series } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { Look, Point, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const SHOWN = 7;
/** @type {Record<string, string>} */
const WORDS = { tokens: "tokens", cost: "reported cost, US$", shadow_cost: "shadow cost, US$: an estimate" };

export const id = "models";
export const choices = [
  { id: "tokens", name: "Tokens" },
  { id: "cost", name: "Cost" },
  { id: "shadow_cost", name: "Shadow cost" },
];
export const nothing = "No model was used in this time, or none of it is known.";
/**
 * @param {State} state
 * @param {string} [measure]
 */
export const sub = (state, measure = "tokens") =>
  `${WORDS[measure]} by model, each day in UTC · ${windowWords(state).split(" · ")[0]}`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.series.length;

/**
 * The models with the largest totals, in that order; the small ones together as "other".
 * @param {State} state
 * @param {string} [measure]
 */
export function rows(state, measure = "tokens") {
  /** @type {Record<string, any>[]} */
  const days = state.report?.by_day ?? [];
  const totals = new Map();
  for (const day of days)
    for (const [name, value] of Object.entries(day[measure] ?? {})) totals.set(name, (totals.get(name) ?? 0) + value);
  const ranked = [...totals].filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  /**
   * @param {string} name
   * @param {string[]} names
   */
  const line = (name, names) => ({
    name,
    total: names.reduce((n, one) => n + totals.get(one), 0),
    values: days.map((day) => names.reduce((n, one) => n + (day[measure]?.[one] ?? 0), 0)),
  });
  const [large, small] = [ranked.slice(0, SHOWN), ranked.slice(SHOWN).map(([name]) => name)];
  /** @type {(Series & { total: number })[]} */
  const series = [
    ...large.map(([name]) => line(name, [name])),
    ...(small.length ? [{ ...line("other", small), other: true }] : []),
  ];
  return { measure, times: days.map((day) => day.t), step: DAY, series };
}

/** @param {Rows} data */
const write = (data) => (data.measure === "tokens" ? count : cost);

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(stacked(data.series), data.measure === "tokens" ? 10 : isEmpty(data) ? 1 : 0.0001);
  const found = marks(data.series.map((line) => line.name));
  const labels = [...data.series].reverse().map((line, i) => ({
    name: line.name,
    y: top * (1 - i * 0.001),
    colour: look.model(found[found.length - 1 - i].index),
    sign: found[found.length - 1 - i].pattern ? "▨" : "■",
  }));
  const axis = countAxis(top, look);
  const axes = {
    barmode: "stack",
    margin: {
      r: margin(
        labels.map((label) => label.name),
        size.width,
      ),
    },
    xaxis: dayAxis(data.times.length ? data.times : [0, DAY], look, size),
    yaxis: data.measure === "tokens" ? axis : dollars(axis),
    annotations: annotate(labels, { top, height: inner(size), width: size.width, look }),
  };
  return {
    data: data.series.map((line, i) => trace(data, line, look.model(found[i].index), found[i].pattern, look)),
    layout: layout(look, size, axes),
  };
}

/**
 * @param {Rows} data
 * @param {Series} line
 * @param {string} colour
 * @param {string} shape
 * @param {Look} look
 */
const trace = (data, line, colour, shape, look) => ({
  type: "bar",
  name: line.name.replace(/</g, "&lt;"),
  x: data.times.map((t) => t * 1000),
  y: line.values,
  text: line.values.map(write(data)),
  textposition: "none",
  hovertemplate: "%{text}",
  marker: {
    color: colour,
    pattern: { shape, fillmode: "overlay", fgcolor: look["surface-1"], size: 5, solidity: 0.35 },
  },
});

/**
 * Where a click leads: the sessions with the model on that day; from a row of the table, those of the day.
 * @param {Rows} data
 * @param {Point} point
 */
export function link(data, { curve, index }) {
  const from = data.times[index];
  if (from === undefined) return null;
  const line = data.series[curve];
  return sessionsOf(from, from + DAY, { model: line && !line.other ? line.name : null });
}

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const measure = WORDS[data.measure].replace(/^./, (letter) => letter.toUpperCase());
  const totals = data.series.map((line) => `${line.name} ${write(data)(line.total)}`).join(", ");
  return `${measure} in the time shown: ${totals}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Day (UTC)", ...data.series.map((line) => line.name)],
  note: WORDS[data.measure],
  write: write(data),
  rows: data.times.map((t, i) => [dayWords(t), ...data.series.map((line) => line.values[i])]),
});
