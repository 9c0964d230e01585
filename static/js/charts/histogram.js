/** The distribution of waits: bars of seconds on a logarithmic axis, with the percentiles. */

import { count, duration } from "../lib/format.js";
import { limits } from "../lib/limits.js";
import { sessionsOf } from "../models/links.js";
import { barTable, distribution, markWords, plotWidth, short } from "./distribution.js";
import { windowWords } from "./template.js";

/**
 * @import { Bar, Responses } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Chart } from "./types.js"
 * @typedef {Pick<Responses, "histogram" | "figures" | "from" | "to">} Report
 * @typedef {Chart<ReturnType<typeof waits>, Report>} Histogram
 */

const STEPS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30],
  ...[60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400],
];
/** @type {("p50" | "p90" | "p95" | "p99")[]} */
const MARKS = ["p50", "p90", "p95", "p99"];
/** The fewest pixels between two ticks. */
const TICK = 46;

/**
 * @param {Bar[]} bars
 * @param {Partial<Record<"p50" | "p90" | "p95" | "p99", number | null>> | null} figures
 * @param {[number | null, number | null]} window
 */
export const waits = (bars, figures, window) => ({
  bars,
  total: bars.reduce((n, bar) => n + bar.count, 0),
  window,
  marks: MARKS.map((name) => ({ name, at: figures?.[name] ?? 0 })).filter(({ at }) => at > 0),
});

/** @param {string | undefined} iso */
const seconds = (iso) => (iso === undefined ? null : Date.parse(iso) / 1000);

/** @param {number} seconds */
const log = (seconds) => Math.log10(Math.max(seconds, 1e-4));

/** @param {Bar} bar */
const within = (bar) => `${duration(bar.from)} to ${duration(bar.to)}`;

/**
 * @param {number[]} range
 * @param {number} width
 */
function ticks([from, to], width) {
  /** @type {number[]} */
  const shown = [];
  for (const step of STEPS.filter((one) => log(one) >= from - 1e-9 && log(one) <= to + 1e-9))
    if (!shown.length || ((log(step) - log(shown[shown.length - 1])) / (to - from)) * width >= TICK) shown.push(step);
  return { tickvals: shown.map(log), ticktext: shown.map(short) };
}

/** @type {Histogram} */
export const histogram = {
  id: "histogram",
  nothing: "Nobody waited for an answer in this time.",
  rows({ report }) {
    return waits(report?.histogram ?? [], report?.figures ?? null, [seconds(report?.from), seconds(report?.to)]);
  },
  sub: (state) => `answers by seconds, logarithmic · ${windowWords(state)}`,
  isEmpty: (data) => !data.total,
  thresholds: () => [
    { value: log(limits.slow), words: `slow: over ${short(limits.slow)}`, across: true },
    { value: log(limits.verySlow), words: `very slow: over ${short(limits.verySlow)}`, across: true },
  ],

  /**
   * To the sessions of the window, sorted by their average wait. The slowest are first for a bar above the median, else
   * the quickest.
   */
  link(data, { index }) {
    const bar = data.bars[index];
    if (!bar) return null;
    const half = data.marks.find((mark) => mark.name === "p50")?.at ?? 0;
    const order = (bar.to ?? Infinity) > half ? "desc" : "asc";
    return sessionsOf(data.window[0], data.window[1], { sort: "average_response_time", order });
  },

  figure(data, look, size) {
    const borders = data.bars.map((bar) => [log(bar.from), log(bar.to ?? bar.from)]);
    const range = borders.length ? [borders[0][0], borders[borders.length - 1][1]] : [-1, 2];
    const drawing = {
      noun: "answers",
      color: look.p50,
      place: log,
      at: {
        x: borders.map(([low, high]) => (low + high) / 2),
        width: borders.map(([low, high]) => (high - low) * 0.9),
      },
      axis: { ...ticks(range, plotWidth(size)), range },
      lines: {
        p50: { color: look["text-1"] },
        p90: { color: look["text-2"] },
        p95: { color: look.p95 },
        p99: { color: look.p99 },
      },
      gap: 28,
      within,
    };
    return distribution(data, drawing, look, size);
  },

  summary(data) {
    const top = data.bars.reduce((a, b) => (b.count > a.count ? b : a));
    return `Of ${count(data.total)} answers most took ${within(top)}${markWords(data)}.`;
  },

  table: (data) => barTable(data, ["Wait", "Answers", "Share"], within),
};
