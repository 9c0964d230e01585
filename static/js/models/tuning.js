/** A rule tried on the past: its firings in words, beside those of the saved rule, and the geometry of the chart. */

import { duration, moment, plural } from "../lib/format.js";

/**
 * @typedef {{ scope: string, from: string, to: string | null, peak: number | null }} Firing
 * @typedef {{ firings: Firing[], total: number, per_week: number, words: string[],
 *   exact_from?: string | null }} Trial
 * @typedef {{ scope: string, from: string, to: string | null, marked: string | null }} Marked
 * @typedef {[number, number, number]} Point start (s), least, largest
 */

const DAY = 86_400_000;

/**
 * How often the rule would have fired, for how long at most, and who would have been told. Less than a week of figures
 * says nothing of a week.
 * @param {Trial} trial
 * @param {string[]} receivers
 * @param {number} now ms
 */
export function told({ firings, total, per_week, exact_from }, receivers, now) {
  const known = exact_from ? Math.min(30 * DAY, now - Date.parse(exact_from)) : 30 * DAY;
  const span = known > 29 * DAY ? "30 days" : duration(known / 1000);
  const longest = Math.max(0, ...firings.map(({ from, to }) => (moment(to) ?? now) - (moment(from) ?? now)));
  const often = per_week >= 10 || Number.isInteger(per_week) ? Math.round(per_week) : per_week.toFixed(1);
  const parts = [
    ...(known < 7 * DAY ? [] : [`${often} ${per_week === 1 ? "time" : "times"} a week`]),
    `${total} in ${span}`,
    ...(longest >= 1000 ? [`longest ${duration(longest / 1000)}`] : []),
    `tells: ${receivers.join(", ") || "nobody"}`,
  ];
  return parts.join(" · ");
}

/**
 * What the rule gains and loses against the saved one: a firing is the same where the two overlap.
 * @param {Trial | null} saved
 * @param {Trial} tried
 */
export function compared(saved, tried) {
  if (!saved) return "";
  const gained = tried.firings.filter((one) => !caught(one, saved)).length;
  const lost = saved.firings.filter((one) => !caught(one, tried)).length;
  if (!gained && !lost) return "The same alerts as the saved rule.";
  return `Against the saved rule: +${gained} gained, −${lost} lost.`;
}

/**
 * Which alarms that people marked the rule would have caught.
 * @param {Marked[]} alerts
 * @param {Trial} tried
 */
export function marks(alerts, tried) {
  const words = ["true", "false"].flatMap((kind) => {
    const all = alerts.filter(({ marked }) => marked === kind);
    return all.length
      ? [`${all.filter((one) => caught(one, tried)).length} of ${plural(all.length, `${kind} alarm`)}`]
      : [];
  });
  return words.length ? `Of the marked ones it catches ${words.join(" and ")}.` : "";
}

/**
 * @param {{ scope: string, from: string, to: string | null }} one
 * @param {Trial} trial
 */
const caught = (one, { firings }) =>
  firings.some((other) => other.scope === one.scope && begin(other) <= end(one) && begin(one) <= end(other));
/** @param {{ from: string }} one */
const begin = ({ from }) => moment(from) ?? 0;
/** @param {{ to: string | null }} one */
const end = ({ to }) => moment(to) ?? Infinity;

/**
 * The top of the axis of values: room over the largest value and the threshold.
 * @param {Point[]} points
 * @param {number} threshold
 */
export const top = (points, threshold) =>
  Math.max(...points.map(([, , largest]) => largest), threshold * 1.25, threshold + 1e-9, 1e-6) * 1.08;

const SECONDS = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
const MOST_TICKS = 5;

/**
 * The round values below `top` at which the axis has a line.
 * @param {number} top
 * @param {string} unit
 */
export function ticks(top, unit) {
  const least = top / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  const decimal = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= least) ?? 10 * power;
  const step =
    unit === "s" && least > 10 ? (SECONDS.find((one) => one >= least) ?? 86_400 * Math.ceil(least / 86_400)) : decimal;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, place) => place * step);
}

/**
 * The field that a refusal names, and the words; "" for the whole rule.
 * @param {string} title
 * @param {string[]} fields
 * @returns {[string, string]}
 */
export function refused(title, fields) {
  const found = /^(\w+): (.*)$/s.exec(title) ?? /^(.*) - at `\$\.(?:rule\.)?(\w+)/.exec(title);
  const [name, words] = found ? (fields.includes(found[1]) ? [found[1], found[2]] : [found[2], found[1]]) : ["", title];
  return fields.includes(name) ? [name, words] : ["", title];
}
