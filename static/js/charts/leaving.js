/** The chance that an answer is the last of its session, by the wait, with its 95 % interval. */

import { count, duration, percent, share, UNKNOWN } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";
import { ceiling, countAxis, largest, layout, windowWords } from "./template.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Band } from "../lib/frames.js"
 * @import { Look, Point, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const BOTTOM = 42;
/** A band with fewer answers has a hollow point. */
const FEW = 20;

const MEANING = "chance that nothing came after an answer, by the seconds waited, with its 95 % interval";

export const id = "leaving";
export const nothing = "No answers yet whose sessions are over.";
/** @param {State} state */
export const sub = (state) => `${MEANING} · ${windowWords(state).split(" · ")[0]}`;
/** @param {Rows} data */
export const isEmpty = (data) => data.bands.every((band) => band.chance === null);

/** @param {State} state */
export function rows(state) {
  /** @type {{ bands?: Band[], from?: string | null, to?: string | null, unanswered?: number | null }} */
  const { bands = [], from = null, to = null, unanswered = null } = state.report?.leaving ?? {};
  return { bands, unanswered, window: [from, to].map((iso) => (iso === null ? null : Date.parse(iso) / 1000)) };
}

/** @param {number} seconds */
const short = (seconds) => duration(seconds).replace(".0 s", "").replace(" s", "");

/**
 * `2–5 s`, `1 min and more`.
 * @param {{ from: number, to: number | null }} options
 */
export function within({ from, to }) {
  if (to === null) return `${duration(from).replace(".0 s", " s")} and more`;
  return from === 0 ? `under ${duration(to).replace(".0 s", " s")}` : `${short(from)}–${to < 60 ? short(to) : "60"} s`;
}

/**
 * The top of the axis. The interval of a band with few answers may exceed it.
 * @param {Band[]} bands
 */
function reach(bands) {
  const known = bands.filter((band) => band.chance !== null);
  const sure = known.filter((band) => band.answers >= FEW);
  return Math.max(
    largest(known.map((band) => band.chance)),
    largest((sure.length ? sure : known).map((band) => band.high)),
  );
}

/** @param {{ from: number, to: number | null }} options */
const brief = ({ from, to }) => (to === null ? `≥${from}` : from === 0 ? `&lt;${to}` : `${from}–${to}`);

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = Math.min(100, ceiling(reach(data.bands) * 100, 5));
  const places = data.bands.map((_, i) => i);
  const tight = size.width < 560;
  const axes = {
    hovermode: "closest",
    margin: { b: BOTTOM, r: 12 },
    yaxis: countAxis(top, look, { unit: " %" }),
    xaxis: {
      range: [-0.5, data.bands.length - 0.5],
      tickvals: places,
      ticktext: data.bands.map(
        (band) => `${tight ? brief(band) : within(band)}<br>${tight ? "" : "n "}${count(band.answers)}`,
      ),
      color: look["text-2"],
      showgrid: false,
      zeroline: false,
      showline: true,
      linecolor: look["line-2"],
      linewidth: 1,
      ticks: "",
      tickfont: { size: tight ? 10 : 11.5, color: look["text-2"] },
      tickangle: 0,
    },
  };
  return { data: [trace(data, places, look)], layout: layout(look, size, axes) };
}

/**
 * @param {Rows} data
 * @param {number[]} x
 * @param {Look} look
 */
function trace(data, x, look) {
  /** @param {(band: any) => number} pick */
  const share = (pick) => data.bands.map((band) => (band.chance === null ? null : pick(band) * 100));
  return {
    type: "scatter",
    mode: "markers",
    name: "chance",
    x,
    y: share((band) => band.chance),
    cliponaxis: false,
    error_y: {
      type: "data",
      symmetric: false,
      array: share((band) => band.high - band.chance),
      arrayminus: share((band) => band.chance - band.low),
      color: look.edge,
      thickness: 2,
      width: 6,
    },
    text: data.bands.map(words),
    hovertemplate: "%{text}<extra></extra>",
    marker: {
      size: 9,
      symbol: data.bands.map((band) => (band.answers < FEW ? "circle-open" : "circle")),
      color: look.active,
      line: { width: 2, color: look.active },
    },
  };
}

/** @param {Band} band */
const words = (band) =>
  `waited ${within(band)}<br>${chance(band)}<br>${count(band.left)} of ${count(band.answers)} answers`;
/** @param {Band} band */
const chance = (band) =>
  band.chance === null ? UNKNOWN : `${percent(band.chance)} % (${percent(band.low)} to ${percent(band.high)} %)`;

/**
 * Where a click leads: the sessions of the window, the slowest first for long waits, else the quickest.
 * @param {Rows} data
 * @param {Point} point
 */
export const link = (data, { index }) =>
  data.bands[index]?.answers
    ? sessionsOf(data.window[0], data.window[1], {
        sort: "average_response_time",
        order: data.bands[index].from >= 5 ? "desc" : "asc",
      })
    : null;

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const known = data.bands.filter((band) => band.chance !== null);
  const unanswered = data.unanswered
    ? ` ${count(data.unanswered)} questions that were never answered are not in it.`
    : "";
  return `${known.map((band) => `Waited ${within(band)}: ${percent(band.chance)} % left`).join("; ")}.${unanswered}`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Wait", "Answers", "Last of their session", "Chance", "Low (95 %)", "High (95 %)"],
  ordered: true,
  write: (value, column) => (column < 3 ? count(value) : share(value)),
  rows: data.bands.map((band) => [within(band), band.answers, band.left, band.chance, band.low, band.high]),
});
