/**
 * The time that a page shows, by its window string: `6h` ends now, `1764370800-1764374400` is from one moment (s since
 * 1970) to another.
 */

import { day, two } from "./format.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;
/** The bounds of a fixed window, s (stats/window.py). */
const LEAST = MINUTE;
export const MOST = 400 * DAY;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** @typedef {{ from: number, to: number }} Ends seconds since 1970 */

/**
 * The ends of a fixed window; null of one that ends now.
 * @param {string} window
 * @returns {Ends | null}
 */
export function fixed(window) {
  const [, from, to] = /^(\d{1,10})-(\d{1,10})$/.exec(window) ?? [];
  return from === undefined ? null : { from: Number(from), to: Number(to) };
}

/**
 * The window string of two ends in whole seconds.
 * @param {Ends} ends
 */
export const named = ({ from, to }) => `${from}-${to}`;

/**
 * The window that an address asks for: `from` and `to` (ISO), `range`, or `days` of old; null where it asks for none.
 * @param {URLSearchParams} query
 */
export function asked(query) {
  const [from, to] = ["from", "to"].map((name) => Math.floor(Date.parse(query.get(name) ?? "") / 1000));
  if (to - from >= LEAST && to - from <= MOST && from >= 0) return named({ from, to });
  const [range, days] = [query.get("range"), query.get("days")];
  const ends = range === null ? null : fixed(range);
  if (ends && !(ends.to - ends.from >= LEAST && ends.to - ends.from <= MOST)) return null;
  return range ?? (days === null ? null : `${days}d`);
}

/** @param {number} seconds */
export const iso = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/**
 * The parameters of an address for a window. What is null is left out.
 * @param {string | null} window
 * @returns {{ range: string | null, from: string | null, to: string | null, days: null }}
 */
export function parameters(window) {
  const ends = window === null ? null : fixed(window);
  if (!ends) return { range: window, from: null, to: null, days: null };
  return { range: null, from: iso(ends.from), to: iso(ends.to), days: null };
}

/**
 * The window of a stretch of time, ms: outwards to whole minutes, or to seconds where it is short; not after `now`, at
 * least a minute.
 * @param {number[]} range
 * @param {number} now ms
 */
export function around([from, to], now) {
  const grain = to - from >= 600_000 ? MINUTE : 1;
  const end = Math.min(Math.ceil(to / 1000 / grain) * grain, Math.ceil(now / 1000));
  const start = Math.max(0, Math.floor(from / 1000 / grain) * grain);
  return named({ from: Math.max(Math.min(start, end - LEAST), end - MOST), to: end });
}

/**
 * The window of two times as people write them into a form (`2026-11-28T19:00`, in the viewer's zone), or why there is
 * none.
 * @param {string} from
 * @param {string} to
 * @returns {{ window: string } | { wrong: string }}
 */
export function written(from, to) {
  const [start, end] = [from, to].map((text) => Math.floor(new Date(text).getTime() / 1000));
  if (Number.isNaN(start) || Number.isNaN(end)) return { wrong: "Choose a day and a time for both ends." };
  if (end - start < LEAST) return { wrong: "The end must be at least a minute after the start." };
  if (end - start > MOST) return { wrong: "At most 400 days can be shown at once." };
  return { window: named({ from: start, to: end }) };
}

/**
 * A time as a form's field holds it, in the viewer's zone.
 * @param {number} seconds
 */
export function field(seconds) {
  const at = new Date(seconds * 1000);
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return `${day(seconds * 1000)}T${minutes}${at.getSeconds() ? `:${two(at.getSeconds())}` : ""}`;
}

/** @typedef {"today" | "yesterday" | "week" | "month"} Preset */

/**
 * Today, yesterday, this week (from Monday) or this month on the viewer's calendar.
 * @param {Preset} name
 * @param {Date} now
 */
export function preset(name, now) {
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()];
  /** @param {number} days */
  const midnight = (days) => Math.floor(new Date(year, month, days).getTime() / 1000);
  if (name === "today") return named({ from: midnight(date), to: midnight(date + 1) });
  if (name === "yesterday") return named({ from: midnight(date - 1), to: midnight(date) });
  if (name === "month")
    return named({ from: midnight(1), to: Math.floor(new Date(year, month + 1, 1).getTime() / 1000) });
  const monday = date - ((now.getDay() + 6) % 7);
  return named({ from: midnight(monday), to: midnight(monday + 7) });
}

/**
 * A window in words: `last 6 hours`, `28 Nov 19:00–20:00`, `24 Nov – 1 Dec`. Times are in the viewer's zone.
 * @param {string} window
 */
export function rangeWords(window) {
  const ends = fixed(window);
  if (ends) return fixedWords(ends);
  if (window === "1h") return "last hour";
  const [, number, unit] = /^(\d+)([mhd])$/.exec(window) ?? [];
  return unit ? `last ${number} ${{ m: "min", h: "hours", d: "days" }[unit]}` : window;
}

/** @param {Ends} ends */
function fixedWords({ from, to }) {
  const [start, end] = [new Date(from * 1000), new Date(to * 1000)];
  if (midnight(start) && midnight(end)) {
    const last = new Date(end.getFullYear(), end.getMonth(), end.getDate() - 1);
    return last <= start ? date(start) : `${date(start)} – ${date(last)}`;
  }
  const same = day(from * 1000) === day(to * 1000);
  return `${date(start)} ${minutes(start)}${same ? `–${minutes(end)}` : ` – ${date(end)} ${minutes(end)}`}`;
}

/** @param {Date} at */
const midnight = (at) => at.getHours() + at.getMinutes() + at.getSeconds() === 0;
/** @param {Date} at */
const date = (at) => `${at.getDate()} ${MONTHS[at.getMonth()]}`;
/** @param {Date} at */
const minutes = (at) =>
  `${two(at.getHours())}:${two(at.getMinutes())}${at.getSeconds() ? `:${two(at.getSeconds())}` : ""}`;
