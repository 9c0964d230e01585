/** Tick labels of time. Charts are in UTC, which never repeats an hour; their labels are in the viewer's zone. */

import { two } from "../lib/format.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28].map((n) => n * DAY),
];
/** The hours of every zone begin at a multiple of this. */
const QUARTER = 15 * MINUTE;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** @param {Date} at */
const minutes = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;
/** @param {Date} at */
const sinceMidnight = (at) =>
  ((at.getHours() * 60 + at.getMinutes()) * 60 + at.getSeconds()) * SECOND + at.getMilliseconds();

/**
 * Ticks {tickvals (ms), ticktext} of [from, to] (ms), about `most`, at round times of the viewer's clock.
 * @param {number[]} range
 * @param {number} most
 */
export function clockTicks([from, to], most) {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS[STEPS.length - 1];
  const tickvals = step < DAY ? hours(from, to, step) : days(from, to, step / DAY);
  return { tickvals, ticktext: tickvals.map((ms) => words(new Date(ms), step)) };
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} step
 */
function hours(from, to, step) {
  const found = [];
  const pace = Math.min(step, QUARTER);
  for (let ms = Math.ceil(from / pace) * pace; ms <= to; ms += pace)
    if (sinceMidnight(new Date(ms)) % step === 0) found.push(ms);
  return found;
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} step
 */
function days(from, to, step) {
  const found = [];
  const first = new Date(from);
  for (let n = 0; ; n += step) {
    const ms = new Date(first.getFullYear(), first.getMonth(), first.getDate() + n).getTime();
    if (!(ms <= to)) return found; // also where there is no such time
    if (ms >= from) found.push(ms);
  }
}

/**
 * @param {Date} at
 * @param {number} step
 */
function words(at, step) {
  if (step < SECOND)
    return `${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
  if (step < MINUTE) return `${minutes(at)}:${two(at.getSeconds())}`;
  if (step < 12 * HOUR) return minutes(at);
  return `${WEEKDAYS[at.getDay()]} ${step < DAY ? minutes(at) : at.getDate()}`;
}

/**
 * The time under the pointer, with its date where `step` (s) is an hour or more.
 * @param {number} ms
 * @param {number} step
 */
export function hoverWords(ms, step) {
  const at = new Date(ms);
  if (step < 3600) return `${minutes(at)}:${two(at.getSeconds())}`;
  return `${WEEKDAYS[at.getDay()]} ${at.getDate()} ${MONTHS[at.getMonth()]} ${minutes(at)}`;
}

/**
 * `Tue 24 Nov`: a day in UTC.
 * @param {number} ms
 */
export function dayHover(ms) {
  const at = new Date(ms);
  return `${WEEKDAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
}

/**
 * Milliseconds of a number, or of a date as Plotly writes it, in UTC.
 * @param {number | string} value
 */
export const milliseconds = (value) =>
  typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T")}Z`);
