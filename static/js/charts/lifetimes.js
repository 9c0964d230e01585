/** The lifetimes of ended sessions: a bar for each range, with mean, p50 and p95. */

import { count, duration } from "../lib/format.js";
import { limits } from "../lib/limits.js";
import { barTable, distribution, markWords, plotWidth, short } from "./distribution.js";
import { windowWords } from "./template.js";

/**
 * @import { Bar, Operations } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Chart } from "./types.js"
 * @typedef {Pick<Operations, "days" | "lifetimes">} Report
 */

/** @type {("p50" | "mean" | "p95")[]} */
const MARKS = ["p50", "mean", "p95"];
/** The fewest pixels between two ticks. */
const TICK = 44;

/** @param {State<Report>} state */
function rows({ report }) {
  const found = report?.lifetimes;
  return {
    bars: found?.histogram ?? [],
    total: found?.count ?? 0,
    marks: MARKS.map((name) => ({ name, at: found?.[name] ?? 0 })).filter(({ at }) => at > 0),
  };
}

/**
 * The place of a duration on an axis on which bar i lies from i to i + 1.
 * @param {Bar[]} bars
 * @param {number} seconds
 */
export function place(bars, seconds) {
  const index = bars.findIndex((bar) => bar.to === null || seconds < bar.to);
  if (index < 0) return bars.length;
  const { from, to } = bars[index];
  return index + (to === null ? 0.5 : Math.max(0, (seconds - from) / (to - from)));
}

/** @param {Bar} options */
const within = ({ from, to }) => (to === null ? `${duration(from)} and more` : `${short(from)} to ${short(to)}`);

/** @type {Chart<ReturnType<typeof rows>, Report>} */
export const lifetimes = {
  id: "lifetimes",
  nothing: "No session has ended in this time.",
  rows,
  sub: (state) => `from start to end, silence before a timeout too · ${windowWords(state)}`,
  isEmpty: (data) => !data.total,
  link: () => null,
  thresholds: ({ bars }) => [
    { value: place(bars, limits.open), words: `too long: over ${short(limits.open)}`, across: true },
  ],

  figure(data, look, size) {
    const many = Math.max(1, data.bars.length);
    const each = Math.ceil(TICK / (plotWidth(size) / many));
    const ticks = data.bars.map((_, i) => i).filter((i) => i % each === 0);
    const drawing = {
      noun: "sessions",
      color: look.started,
      place: (/** @type {number} */ seconds) => place(data.bars, seconds),
      at: { x: data.bars.map((_, i) => i + 0.5), width: data.bars.map(() => 0.92) },
      axis: {
        tickvals: ticks,
        ticktext: ticks.map((i) => short(data.bars[i].from)), // borders between bars
        range: [0, many],
        fixedrange: true,
      },
      lines: {
        p50: { color: look["text-1"] },
        mean: { color: look["text-1"], dash: "dot" },
        p95: { color: look.p95 },
      },
      gap: 36,
      right: 18,
      within,
    };
    return distribution(data, drawing, look, size);
  },

  summary: (data) => `${count(data.total)} sessions ended${markWords(data)}.`,
  table: (data) => barTable(data, ["Lifetime", "Sessions", "Share"], within),
};
