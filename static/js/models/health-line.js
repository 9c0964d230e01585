/** One line on what happened to sbdash itself in the last day; each part leads to what shows it. */

import { ago, count, duration, plural } from "../lib/format.js";
import { iso } from "../lib/period.js";

/**
 * @import { LastDay, Gap } from "../lib/frames.js"
 * @typedef {{ key: string, words: string, href: string, bad: boolean }} Part
 */

const DAY = 86400;
/** Seconds of processing delay that nobody needs to know of. */
const NOTABLE_LAG = 1;
/** @type {Record<Gap["kind"], string>} */
const NAMES = { down: "down", silent: "source silent", lag: "late" };

/**
 * The parts of the line; null where nothing is known.
 * @param {LastDay | null | undefined} day
 * @param {number} now ms
 * @param {Record<string, string>} [refusals] what the status of a refused request means
 */
export function healthLine(day, now, refusals = {}) {
  if (!day) return null;
  const young = now / 1000 - day.from < DAY - 60;
  const since = young ? `Since the first start, ${ago(new Date(day.from * 1000).toISOString(), now)}` : "Last 24 h";
  const parts = [...gaps(day), ...lag(day), ...refused(day, refusals), ...dropped(day)];
  return { since, parts: parts.length ? parts : [{ key: "none", words: "no gap", href: "", bad: false }] };
}

/**
 * `down once, 2 min 10 s` or `down 3 times, 12 min in all`, with a link to the longest.
 * @param {LastDay} day
 * @returns {Part[]}
 */
function gaps(day) {
  return /** @type {Gap["kind"][]} */ (["down", "silent", "lag"]).flatMap((kind) => {
    const found = day.gaps.filter((gap) => gap.kind === kind);
    if (!found.length) return [];
    const seconds = found.reduce((sum, { from, to }) => sum + to - from, 0);
    const times = found.length === 1 ? "once" : found.length === 2 ? "twice" : `${found.length} times`;
    const words = `${NAMES[kind]} ${times}, ${duration(seconds)}${found.length > 1 ? " in all" : ""}`;
    const longest = found.reduce((most, gap) => (gap.to - gap.from > most.to - most.from ? gap : most));
    return [{ key: kind, words, href: around(longest), bad: true }];
  });
}

/**
 * The overview around a gap.
 * @param {Gap} gap
 */
function around({ from, to }) {
  const room = Math.max(300, to - from);
  return `/?${new URLSearchParams({ from: iso(from - room), to: iso(to + room) })}`;
}

/**
 * @param {LastDay} day
 * @returns {Part[]}
 */
const lag = ({ longest_lag: seconds }) =>
  (seconds ?? 0) < NOTABLE_LAG
    ? []
    : [{ key: "delay", words: `longest delay ${duration(seconds)}`, href: "#chart-delay", bad: false }];

/**
 * @param {LastDay} day
 * @param {Record<string, string>} refusals
 * @returns {Part[]}
 */
const refused = (day, refusals) =>
  Object.entries(day.refused)
    .filter(([, number]) => number > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([status, number]) => ({
      key: `refused ${status}`,
      words: `${plural(number, "request")} refused: ${refusals[status] ?? `status ${status}`}`,
      href: "#not-understood",
      bad: false,
    }));

/**
 * @param {LastDay} day
 * @returns {Part[]}
 */
const dropped = ({ dropped: number }) =>
  number
    ? [
        {
          key: "dropped",
          words: `${count(number)} ${number === 1 ? "page" : "pages"} dropped`,
          href: "#chart-delay",
          bad: false,
        },
      ]
    : [];
