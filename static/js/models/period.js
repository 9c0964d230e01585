/** The figures and rows of the printable report of a month or week. */

import { change, cost, count, duration, exact, share, UNKNOWN } from "../lib/format.js";
import { figures, texts } from "./columns.js";
import { MODELS } from "./usage.js";

/**
 * @import { Day, PeriodFigures, PeriodReport } from "../lib/frames.js"
 * @import { Column } from "./types.js"
 * @import { Figure } from "../lib/types.js"
 */

/**
 * The figures at the head, each beside the same of the period before: [{id, value, note}].
 * @param {PeriodReport} report
 */
export function facts({ now, before }) {
  /**
   * @param {string} id
   * @param {(from: PeriodFigures) => Figure} pick
   * @param {(value: Figure) => string} write
   * @param {string} [kind]
   */
  const fact = (id, pick, write, kind) => {
    const earlier = before.usage.totals.messages ? pick(before) : null; // without a message nothing was watched
    const value = pick(now);
    return { id, value: write(value), note: beside(value, earlier, write, kind) };
  };
  return [
    fact("messages", (from) => from.usage.totals.messages, count),
    fact("sessions", (from) => from.usage.totals.sessions, count),
    fact("tokens", (from) => from.usage.totals.tokens, count),
    fact("cost", (from) => from.usage.totals.cost, cost),
    fact("shadow_cost", (from) => from.usage.totals.shadow_cost, cost),
    fact("response_p50", (from) => from.responses?.p50, duration),
    fact("response_p95", (from) => from.responses?.p95, duration),
    fact("error_rate", (from) => from.error_rate, share, "points"),
  ];
}

/**
 * @param {Figure} value
 * @param {Figure} earlier
 * @param {(value: Figure) => string} write
 * @param {string} [kind]
 */
function beside(value, earlier, write, kind) {
  const words = write(earlier);
  if (words === UNKNOWN) return "no earlier data";
  const found = change(value, earlier, kind);
  if (!found || !earlier) return `before: ${words}`;
  return `${{ up: "▲ ", down: "▼ ", same: "" }[found.way]}${found.words} · before: ${words}`;
}

/**
 * The end of the report's time, in words.
 * @param {PeriodReport} report
 */
export function asOf({ complete, as_of: at, now, before }) {
  if (complete) return "complete";
  return `not over: ${now.days} days so far beside the first ${before.days} of ${before.title} · as of ${exact(at)}`;
}

/**
 * A row for each day, from the first with a message on: whether earlier days were watched is not known. None without a
 * message.
 * @param {PeriodReport} report
 */
export function days({ now }) {
  const waits = new Map(now.daily.map((point) => [point.t, point]));
  const first = now.usage.by_day.findIndex((day) => day.messages > 0);
  const watched = first < 0 ? [] : now.usage.by_day.slice(first);
  return watched.map((day) => ({
    day: new Date(day.t * 1000).toISOString().slice(0, 10),
    messages: day.messages,
    sessions: day.sessions,
    tokens: sum(day.tokens),
    cost: sum(day.cost),
    shadow_cost: Object.keys(day.shadow_cost).length ? sum(day.shadow_cost) : null,
    p50: waits.get(day.t)?.p50 ?? null,
    p95: waits.get(day.t)?.p95 ?? null,
  }));
}

/** @param {Day["tokens"]} amounts */
const sum = (amounts) => Object.values(amounts).reduce((total, amount) => total + amount, 0);

/** @type {Column<ReturnType<typeof days>[number]>[]} */
export const DAYS = [
  texts("day", "Day"),
  figures("messages", "Messages", count),
  figures("sessions", "Sessions", count),
  figures("tokens", "Tokens", count),
  figures("cost", "Reported cost", cost),
  figures("shadow_cost", "Estimated cost", cost),
  figures("p50", "Response p50", duration),
  figures("p95", "Response p95", duration),
];

/** The columns of the table of models that fit on paper. */
export const OF_MODELS = MODELS.filter(
  ({ id }) => !["prompt_tokens", "completion_tokens", "cost_per_message"].includes(id),
);
