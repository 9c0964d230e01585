/** The words of gaps and marks over charts of time, and which times are unknown. */

import { clock, day, duration, zone } from "../lib/format.js";

/**
 * @import { Gap, Layer, TimeMark } from "../lib/frames.js"
 */

/** @type {Record<Gap["kind"], string>} */
export const SHORT = { down: "not running", silent: "silent", lag: "late" };
/** @type {Record<TimeMark["kind"], string>} */
export const SIGNS = { restart: "↻", deploy: "▲", note: "●", settings: "≡", price: "$" };
/** @type {Record<TimeMark["kind"], string>} */
const NAMES = { restart: "", deploy: "Deploy: ", note: "Note: ", settings: "Setting changed: ", price: "" };

/** @param {number} seconds */
const at = (seconds) => clock(seconds * 1000).slice(0, 5);
/** @param {number} seconds */
const date = (seconds) => day(seconds * 1000);

/**
 * `sbdash was not running: it was stopped · 20:17–20:20 CET, 2 min 10 s`, with the days where they are not today.
 * @param {Gap} gap
 * @param {number} now ms
 */
export function gapWords({ from, to, words }, now) {
  const today = day(now);
  const days = [from, to].map((one) => (date(one) === today && date(from) === today ? "" : `${date(one)} `));
  const length = to - from < 3600 ? duration(to - from) : hours(to - from);
  return `${words} · ${days[0]}${at(from)}–${days[1]}${at(to)} ${zone(from * 1000)}, ${length}`;
}

/** @param {number} seconds */
const hours = (seconds) => `${(seconds / 3600).toLocaleString("en-US", { maximumFractionDigits: 1 })} h`;

/**
 * `Deploy: chat 4.2 · 20:17 CET`.
 * @param {TimeMark} mark
 * @param {number} now ms
 */
export function markWords({ at: when, kind, words }, now) {
  const before = date(when) === day(now) ? "" : `${date(when)} `;
  return `${NAMES[kind]}${words} · ${before}${at(when)} ${zone(when * 1000)}`;
}

/**
 * The gap at a time, s; null where there is none.
 * @param {Layer | null | undefined} layer
 * @param {number} at
 */
export const gapAt = (layer, at) => layer?.gaps.find(({ from, to }) => from <= at && at < to) ?? null;

/**
 * Returns whether nothing was counted in a part of [from, to), s: a figure that is missing there is unknown, and not
 * zero.
 * @param {Layer | null | undefined} layer
 * @param {number} from
 * @param {number} to
 */
export const unknownIn = (layer, from, to) =>
  Boolean(layer?.gaps.some((gap) => gap.kind === "down" && gap.from < to && gap.to > from));

/**
 * The gaps of a window in words, for screen readers; empty where there is none.
 * @param {Layer | null | undefined} layer
 * @param {number} now ms
 */
export const gapsSaid = (layer, now) =>
  layer?.gaps.length ? ` Gaps: ${layer.gaps.map((gap) => gapWords(gap, now)).join("; ")}.` : "";
