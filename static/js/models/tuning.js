/** A rule tried on the past: its firings in words, beside those of the saved rule, and the geometry of the chart. */

import { count, duration, moment, plural, stamp } from "../lib/format.js";

/**
 * @typedef {{ scope: string, from: string, to: string | null, peak: number | null }} Firing
 * @typedef {{ firings: Firing[], total: number, truncated: boolean, per_week: number, longest_seconds: number,
 *   gained: number | null, lost: number | null, words: string[], known_from: string | null }} Trial
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
export function told({ total, per_week, longest_seconds, known_from }, receivers, now) {
  const known = known_from ? Math.min(30 * DAY, now - Date.parse(known_from)) : 30 * DAY;
  const span = known > 29 * DAY ? "30 days" : duration(known / 1000);
  const often = per_week >= 10 || Number.isInteger(per_week) ? count(Math.round(per_week)) : per_week.toFixed(1);
  const parts = [
    ...(known < 7 * DAY ? [] : [`${often} ${per_week === 1 ? "time" : "times"} a week`]),
    `${count(total)} in ${span}`,
    ...(longest_seconds >= 1 ? [`longest ${duration(longest_seconds)}`] : []),
    `tells: ${receivers.join(", ") || "nobody"}`,
  ];
  return parts.join(" · ");
}

/**
 * What the rule gains and loses against the saved one.
 * @param {Trial} tried
 */
export function compared({ gained, lost }) {
  if (gained === null || lost === null) return "";
  if (!gained && !lost) return "The same alerts as the saved rule.";
  return `Against the saved rule: +${count(gained)} gained, −${count(lost)} lost.`;
}

/**
 * What the bands do not show.
 * @param {Trial} tried
 */
export const shown = ({ truncated, firings }) =>
  truncated ? `The bands are the newest ${count(firings.length)} of these alerts.` : "";

/**
 * Which alarms that people marked the rule would have caught, of those in the time that the firings cover. Firings are
 * extended by the cool-downs of the rules, as on the server.
 * @param {Marked[]} alerts
 * @param {Trial} tried
 * @param {{ saved: number, tried: number }} cooldowns s
 */
export function marks(alerts, tried, cooldowns) {
  const since = tried.truncated ? Math.min(...tried.firings.map(begin)) : 0;
  const covered = alerts.filter((one) => begin(one) >= since);
  const words = ["true", "false"].flatMap((kind) => {
    const all = covered.filter(({ marked }) => marked === kind);
    const found = all.filter((one) => caught(one, tried, cooldowns)).length;
    return all.length ? [`${found} of ${plural(all.length, `${kind} alarm`)}`] : [];
  });
  const time = since ? ` since ${stamp(since)}` : "";
  return words.length ? `Of the marked ones${time} it catches ${words.join(" and ")}.` : "";
}

/**
 * @param {{ scope: string, from: string, to: string | null }} one
 * @param {Trial} trial
 * @param {{ saved: number, tried: number }} cooldowns s
 */
const caught = (one, { firings }, { saved, tried }) =>
  firings.some(
    (other) =>
      other.scope === one.scope && begin(other) <= end(one) + saved * 1000 && begin(one) <= end(other) + tried * 1000,
  );
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
