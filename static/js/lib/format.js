/** Formats of durations, counts, costs, shares and ages. An unknown figure is an en dash. */

/** @import { Figure } from "./types.js" */

export const UNKNOWN = "–";
/** Seconds up to which the age of a figure is not told: it would change each second and say nothing. */
export const RECENT = 10;

/** The reasons for an unknown figure of a session or of a person. */
export const WHY = {
  message: "no message",
  answer: "no answered question",
  time: "no time between messages",
  price: "no tokens to estimate, or no price",
};

/**
 * @param {unknown} value
 * @returns {value is number}
 */
export const known = (value) => typeof value === "number" && Number.isFinite(value);

/** One format for each number of digits: a format takes longer to make than to use a hundred times. */
const formats = Array.from(
  { length: 9 },
  (_, digits) => new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/**
 * @param {number} number
 * @param {number} [digits]
 */
const group = (number, digits = 0) => formats[digits].format(number);

/**
 * 12,480 · 1.2 M; a rate below ten keeps one decimal.
 * @param {Figure} value
 */
export function count(value) {
  if (!known(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 999_950_000) return `${trim(value / 1e9)} G`;
  if (size >= 1e6) return `${trim(value / 1e6)} M`;
  return Number.isInteger(value) || size >= 10 ? group(Math.round(value)) : trim(value);
}

/**
 * `1 session`, `2 sessions`.
 * @param {number} n
 * @param {string} word
 */
export const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;

/**
 * The text with a capital letter.
 * @param {string} text
 */
export const capital = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** @param {number} number */
const trim = (number) => group(Math.round(number * 10) / 10, 1).replace(/\.0$/, "");

/**
 * Seconds to `240 ms`, `4.2 s`, `3 min 10 s`, `2 h 5 min`, `4 d 3 h`.
 * @param {Figure} seconds
 */
export function duration(seconds) {
  if (!known(seconds) || seconds < 0) return UNKNOWN;
  if (seconds === 0) return "0 s";
  if (seconds < 0.9995) return seconds < 0.0005 ? "< 1 ms" : `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${(Math.round(seconds * 10) / 10).toFixed(1)} s`;
  return parts(Math.round(seconds));
}

/** @param {number} seconds */
function parts(seconds) {
  /** @type {[string, number][]} */
  const units = [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  const [name, size] = units[first];
  const whole = `${Math.floor(seconds / size)} ${name}`;
  const next = units[first + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return rest ? `${whole} ${rest} ${next[0]}` : whole;
}

/**
 * US$ with two significant digits, or two decimals: 0.00042, 0.013, 3.41, 1,204.
 * @param {Figure} dollars
 */
export function cost(dollars) {
  if (!known(dollars)) return UNKNOWN;
  const size = Math.abs(dollars);
  if (size === 0) return "US$ 0";
  if (size < 0.000001) return "< US$ 0.000001";
  const digits = size >= 999.5 ? 0 : size >= 0.0995 ? 2 : Math.min(8, 1 - Math.floor(Math.log10(size)));
  return `US$ ${group(dollars, digits)}`;
}

/**
 * A share 0..1 to per cent without its sign: 1.8, 0.04, 23.
 * @param {Figure} share
 */
export function percent(share) {
  if (!known(share)) return UNKNOWN;
  const value = share * 100;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.01) return "< 0.01";
  if (size > 99 && size < 100) return group(Math.sign(value) * Math.min(size, 99.9), 1); // not all is all
  return group(value, size < 0.1 ? 2 : size < 10 ? 1 : 0);
}

/**
 * The same with its sign: 23 %.
 * @param {Figure} value
 */
export const share = (value) => (known(value) ? `${percent(value)} %` : UNKNOWN);

/**
 * How old something is, in one unit: `now`, `4 s`, `12 min`, `3 h`, `5 d`.
 * @param {Figure} seconds
 */
export function age(seconds) {
  if (!known(seconds)) return UNKNOWN;
  if (seconds < 1) return "< 1 s";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/**
 * Milliseconds since the epoch of an ISO time, or null.
 * @param {string | null | undefined} iso
 */
export function moment(iso) {
  const at = typeof iso === "string" ? Date.parse(iso) : NaN;
  return Number.isNaN(at) ? null : at;
}

/**
 * Relative time of an ISO time against `now` (ms): `12 s ago`. A time more than a minute ahead, which is no clock
 * error, is `in 23 h`.
 * @param {string | null | undefined} iso
 * @param {number} now
 */
export function ago(iso, now) {
  const at = moment(iso);
  if (at === null) return UNKNOWN;
  const seconds = (now - at) / 1000;
  if (seconds < -60) return `in ${age(-seconds)}`;
  return seconds < 1 ? "just now" : `${age(seconds)} ago`;
}

/**
 * A number in two digits: 07.
 * @param {number} number
 */
export const two = (number) => String(number).padStart(2, "0");

/**
 * 14:02:11 in the viewer's zone.
 * @param {number} ms
 */
export function clock(ms) {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/**
 * 2026-11-22 14:02:11 in the viewer's zone, with the zone's name.
 * @param {string | null | undefined} iso
 */
export function exact(iso) {
  const ms = moment(iso);
  if (ms === null) return UNKNOWN;
  return `${day(ms)} ${clock(ms)} ${zone(ms)}`;
}

/**
 * 2026-11-22 14:02 in the viewer's zone, with the zone's name.
 * @param {number} ms
 */
export const stamp = (ms) => `${day(ms)} ${clock(ms).slice(0, 5)} ${zone(ms)}`;

/**
 * 2026-11-22T14:02:11+01:00: ISO 8601 in the viewer's zone, with its offset.
 * @param {number} ms
 */
export function isoLocal(ms) {
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${day(ms)}T${clock(ms)}${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/**
 * 2026-11-22 in the viewer's zone.
 * @param {number} ms
 */
export function day(ms) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/**
 * The short name of the viewer's zone at that time: CET, UTC, GMT+5:30.
 * @param {number} ms
 */
export function zone(ms) {
  const found = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(new Date(ms));
  return found.find((part) => part.type === "timeZoneName")?.value ?? "local time";
}

/**
 * The change against an earlier figure, in words; null where either figure is unknown.
 * @param {Figure} value
 * @param {Figure} before
 * @param {string} [kind]
 */
export function change(value, before, kind = "relative") {
  if (!known(value) || !known(before)) return null;
  if (kind === "points") return points((value - before) * 100);
  if (before === 0) return value === 0 ? same() : { way: "up", words: "was 0", size: Infinity };
  const share = (value - before) / Math.abs(before);
  if (Math.abs(share) < 0.005) return same();
  if (share >= 9.995) return { way: "up", words: `× ${group(value / before)}`, size: share };
  return { way: share > 0 ? "up" : "down", words: `${group(Math.abs(share) * 100)} %`, size: share };
}

const same = () => ({ way: "same", words: "no change", size: 0 });

/** @param {number} difference */
function points(difference) {
  if (Math.abs(difference) < 0.05) return same();
  return { way: difference > 0 ? "up" : "down", words: `${trim(Math.abs(difference))} points`, size: difference / 100 };
}

/** @type {[number, string][]} */
const SIZES = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
];

/**
 * A number of bytes: `12.5 MB`.
 * @param {Figure} value
 */
export function bytes(value) {
  if (!known(value)) return UNKNOWN;
  const [size, name] = SIZES.find(([least]) => value >= least) ?? [1, "B"];
  return `${(value / size).toLocaleString("en-US", { maximumFractionDigits: size === 1 ? 0 : 1 })} ${name}`;
}

/**
 * Epoch seconds of an ISO time; 0 for what is no time.
 * @param {string | null | undefined} iso
 */
export const epoch = (iso) => (moment(iso) ?? 0) / 1000;
