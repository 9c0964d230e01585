/** Messages of each day by role, as stacked bars. */

import { count } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";
import { ROLES } from "../models/select.js";
import { annotate, margin } from "./labels.js";
import {
  ceiling,
  countAxis,
  DAY,
  dayAxis,
  dayWords,
  inner,
  largest,
  layout,
  stacked,
  windowWords,
} from "./template.js";

/**
 * @import { Series } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { Look, Point, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const SHOWN = ROLES.slice(0, 2);

export const id = "days";
export const nothing = "No messages in this time.";
/** @param {State} state */
export const sub = (state) => `messages each day in UTC, by role · ${windowWords(state).split(" · ")[0]}`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.series.some((line) => line.values.some(Boolean));

/** @param {State} state */
export function rows(state) {
  /** @type {Record<string, any>[]} */
  const days = state.report?.by_day ?? [];
  return {
    times: days.map((day) => day.t),
    step: DAY,
    sessions: days.map((day) => day.sessions ?? 0),
    series: SHOWN.map((name) => ({ name, values: days.map((day) => day[name] ?? 0) })),
  };
}

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(stacked(data.series), 4);
  const labels = [...data.series]
    .reverse()
    .map((line, i) => ({ name: line.name, y: top * (1 - i * 0.001), colour: look.role(line.name), sign: "■" }));
  const axes = {
    barmode: "stack",
    margin: { r: margin(SHOWN, size.width) },
    xaxis: dayAxis(data.times.length ? data.times : [0, DAY], look, size),
    yaxis: countAxis(top, look),
    annotations: isEmpty(data) ? [] : annotate(labels, { top, height: inner(size), width: size.width, look }),
  };
  return { data: data.series.map((line) => trace(line, data, look)), layout: layout(look, size, axes) };
}

/**
 * @param {Series} line
 * @param {Rows} data
 * @param {Look} look
 */
const trace = (line, data, look) => ({
  type: "bar",
  name: line.name,
  x: data.times.map((t) => t * 1000),
  y: line.values,
  hovertemplate: "%{y:,}",
  marker: { color: look.role(line.name) },
});

/**
 * @param {Rows} data
 * @param {Point} point
 */
export const link = (data, { index }) =>
  data.times[index] === undefined ? null : sessionsOf(data.times[index], data.times[index] + DAY);

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const all = data.times.map((_, i) => sum(data.series.map((line) => line.values[i])));
  const roles = data.series.map((line) => `${count(sum(line.values))} messages by ${line.name}`).join(", ");
  const words = `${roles}; at most ${count(largest(all))} a day; ${count(sum(data.sessions))} sessions begun.`;
  return words.replace(/^./, (letter) => letter.toUpperCase());
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Day (UTC)", ...data.series.map((line) => `by ${line.name}`), "sessions begun"],
  write: count,
  rows: data.times.map((t, i) => [dayWords(t), ...data.series.map((line) => line.values[i]), data.sessions[i]]),
});
