/** Sessions created each hour; in a panel below, sessions that ended, by reason. */

import { count, zone } from "../lib/format.js";
import { sessionsBehind, sessionsOf } from "../models/links.js";
import { annotate, margin } from "./labels.js";
import { ceiling, countAxis, inner, largest, layout, stacked, timeAxis, toMs, when } from "./template.js";

/**
 * @import { Value } from "../models/types.js"
 * @import { Created } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Look, Point, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const HOUR = 3600;
const LOWER = 0.4;
const UPPER = 0.5;
/** The pixels of an hour from which on a pattern can be seen. */
const BROAD = 8;
export const REASONS = [
  ["closed", "closed", ""],
  ["timeout", "timed out", "/"],
  ["error", "by error", "x"],
];

export const id = "created";
export const nothing = "No session began or ended in this time.";
/** @param {State} state */
export const sub = (state) =>
  `per hour; below, ended by reason · last ${state.report?.days ?? 7} days · ${zone(Date.parse(state.now))}`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.started.some(Boolean) && !data.series.length;

/** @param {State} state */
export function rows(state) {
  /** @type {Created[]} */
  const hours = state.report?.created_per_hour ?? [];
  /** @param {string} reason */
  const of = (reason) => hours.map((hour) => /** @type {Record<string, number>} */ ({ ...hour.ended })[reason] ?? 0);
  return {
    times: hours.map((hour) => hour.t),
    step: HOUR,
    started: hours.map((hour) => hour.started),
    series: REASONS.map(([reason, name]) => ({ reason, name, values: of(reason) })).filter((line) =>
      line.values.some(Boolean),
    ),
  };
}

/**
 * Where a click leads: the sessions of the hour, or those that ended then for the reason of the bar.
 * @param {Rows} data
 * @param {Point} point
 */
export function link(data, { curve, index }) {
  const from = data.times[index];
  if (from === undefined) return null;
  return (curve === 0 ? sessionsOf : sessionsBehind)(from, from + HOUR, {
    outcome: data.series[curve - 1]?.reason ?? null,
  });
}

/**
 * @param {string} reason
 * @param {Look} look
 */
const colour = (reason, look) => ({ closed: look["text-2"], timeout: look.warning, error: look.critical })[reason];

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(largest(data.started), 4);
  const below = Math.ceil(ceiling(stacked(data.series), 2));
  const place = { height: inner(size), width: size.width, look };
  const names = [...data.series]
    .reverse()
    .map((line) => ({ name: line.name, y: below, colour: colour(line.reason, look), sign: "■" }));
  const labels = [
    ...annotate([{ name: "created", y: top / 2, colour: look.started, sign: "■" }], {
      ...place,
      top,
      base: UPPER,
      share: 1 - UPPER,
    }),
    ...annotate(names, { ...place, top: below, share: LOWER }),
  ];
  const times = data.times.length ? data.times : [0, HOUR];
  const axes = {
    barmode: "stack",
    bargap: 0.08,
    margin: { r: margin(["created", ...names.map((label) => label.name)], size.width) },
    annotations: isEmpty(data) ? [] : labels,
    xaxis: timeAxis(times, HOUR, look, size, { anchor: "y2" }),
    yaxis: countAxis(top, look, { domain: [UPPER, 1], ends: true }),
    yaxis2: countAxis(below, look, { domain: [0, LOWER], ends: true }),
  };
  const wide = size.width / times.length > BROAD;
  return {
    data: [
      bar("created", data.started, data, look.started, ""),
      ...data.series.map((line) => ended(line, data, look, wide)),
    ],
    layout: layout(look, size, axes),
  };
}

/**
 * @param {string} name
 * @param {Value[]} values
 * @param {Rows} data
 * @param {string} color
 * @param {string} shape
 */
const bar = (name, values, data, color, shape) => ({
  type: "bar",
  name,
  x: data.times.map(toMs),
  y: values,
  hovertemplate: "%{y:,}",
  marker: { color, pattern: { shape, fillmode: "overlay", size: 5, solidity: 0.35 } },
});

/**
 * @param {Rows["series"][number]} line
 * @param {Rows} data
 * @param {Look} look
 * @param {boolean} wide
 */
function ended(line, data, look, wide) {
  const made = bar(
    line.name,
    line.values,
    data,
    colour(line.reason, look),
    wide ? (REASONS.find(([reason]) => reason === line.reason)?.[2] ?? "") : "",
  );
  return {
    ...made,
    yaxis: "y2",
    marker: { ...made.marker, pattern: { ...made.marker.pattern, fgcolor: look["surface-1"] } },
  };
}

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const ends = data.series.map((line) => `${count(sum(line.values))} ${line.name}`).join(", ");
  const [created, most] = [count(sum(data.started)), count(largest(data.started))];
  return `${created} sessions created in the time shown, at most ${most} an hour; ended: ${ends || "none"}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Time", "Created", ...data.series.map((line) => `Ended: ${line.name}`)],
  note: "each hour",
  write: count,
  rows: data.times.map((t, i) => [when(t, HOUR), data.started[i], ...data.series.map((line) => line.values[i])]),
});
