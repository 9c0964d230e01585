/** Cost by day: reported cost, and apart from it the shadow cost of tokens without a cost. */

import { cost } from "../lib/format.js";
import { annotate, margin } from "./labels.js";
import { ceiling, countAxis, DAY, dayAxis, dayWords, inner, largest, layout, windowWords } from "./template.js";

/**
 * @import { Series, Value } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { Day } from "../lib/frames.js"
 * @import { Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

export const id = "by-day";
export const nothing = "No cost was reported in this time, and no token has a price.";
/** @param {State} state */
export const sub = (state) =>
  `US$ each day in UTC · reported, and shadow apart · ${windowWords(state).split(" · ")[0]}`;
/** @param {Rows} data */
export const isEmpty = (data) => data.series.every((line) => !line.values.some(Boolean));

/** @param {Record<string, number> | undefined} record */
const sum = (record) => Object.values(record ?? {}).reduce((total, value) => total + value, 0);

/**
 * The shadow cost of a day. It is unknown where tokens were used and none of them has a price.
 * @param {Day} day
 */
function shadow(day) {
  if (Object.keys(day.shadow_cost ?? {}).length) return sum(day.shadow_cost);
  return sum(day.tokens) && !sum(day.cost) ? null : 0;
}

/** @param {State} state */
export function rows(state) {
  /** @type {Day[]} */
  const days = state.report?.by_day ?? [];
  return {
    times: days.map((day) => day.t),
    step: DAY,
    series: [
      { name: "reported", values: days.map((day) => sum(day.cost)) },
      { name: "shadow", values: days.map(shadow) },
    ],
  };
}

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(largest(data.series.flatMap((line) => line.values)), isEmpty(data) ? 1 : 0.0001);
  const signs = data.series.map((line, i) => ({
    name: line.name,
    y: top * (1 - i * 0.01),
    colour: colour(line.name, look),
    sign: i ? "▨" : "■",
  }));
  const axes = {
    barmode: "group",
    bargap: 0.25,
    margin: { r: margin(["reported"], size.width) },
    xaxis: dayAxis(data.times.length ? data.times : [0, DAY], look, size),
    yaxis: dollars(countAxis(top, look)),
    annotations: isEmpty(data) ? [] : annotate(signs, { top, height: inner(size), width: size.width, look }),
  };
  return { data: data.series.map((line) => trace(line, data.times, look)), layout: layout(look, size, axes) };
}

/**
 * @param {string} name
 * @param {Look} look
 */
const colour = (name, look) => (name === "reported" ? look.active : look["text-2"]);

/**
 * An axis of cost, without the unit: its labels are long.
 * @param {any} axis
 */
export const dollars = (axis) => ({
  ...axis,
  ticktext: axis.tickvals.map((/** @type {number} */ value) => cost(value).replace("US$ ", "$")),
});

/**
 * @param {Series} line
 * @param {number[]} times
 * @param {Look} look
 */
const trace = (line, times, look) => ({
  type: "bar",
  name: line.name,
  x: times.map((t) => t * 1000),
  y: line.values.map((value) => value || null),
  text: line.values.map(cost),
  textposition: "none",
  hovertemplate: "%{text}",
  marker: {
    color: line.name === "reported" ? colour(line.name, look) : look["surface-1"],
    line: { width: line.name === "shadow" ? 1 : 0, color: look["text-2"] },
    pattern: {
      shape: line.name === "shadow" ? "/" : "",
      fgcolor: look["text-2"],
      bgcolor: "rgba(0,0,0,0)",
      fillmode: "replace",
      size: 5,
      solidity: 0.3,
    },
  },
});

/** @param {Value[]} values */
const total = (values) => values.reduce((/** @type {number} */ n, value) => n + (value ?? 0), 0);

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const [reported, apart] = data.series.map((line) => cost(total(line.values)));
  const dearest = cost(largest(data.series[0].values));
  const costs = `Reported cost ${reported}, shadow cost ${apart}`;
  return `${costs} in the time shown; the dearest day was reported with ${dearest}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Day (UTC)", "Reported cost", "Shadow cost"],
  note: "US$",
  write: cost,
  rows: data.times.map((t, i) => [dayWords(t), ...data.series.map((line) => line.values[i])]),
});
