/** The texts and rows of the page Usage, from its report, and of the report of one person. */

import { cost, count, duration, share, UNKNOWN } from "../lib/format.js";
import { sessionsOf } from "./links.js";

/**
 * @import { Band, ModelUsage } from "../lib/frames.js"
 * @import { Column } from "./types.js"
 */

/**
 * A note that begins with an unknown figure is left out.
 * @param {string} id
 * @param {string} value
 * @param {string} [note]
 */
const fact = (id, value, note = "") => ({ id, value, note: note.startsWith(UNKNOWN) ? "" : note });

/**
 * The figures at the head: [{id, value, note}].
 * @param {any} report
 */
export function facts(report) {
  const { totals = {}, efficiency = {}, dynamics = {}, prices = {} } = report ?? {};
  return [
    fact("messages", count(totals.messages), `${count(dynamics.messages_per_day)} a day with any`),
    fact("sessions", count(totals.sessions), "begun in this time"),
    fact(
      "tokens",
      count(totals.tokens),
      `${count(totals.prompt_tokens)} prompt, ${count(totals.completion_tokens)} completion`,
    ),
    fact(
      "tokens_per_message",
      count(efficiency.tokens_per_message),
      `${count(efficiency.tokens_per_session)} a session`,
    ),
    fact(
      "messages_per_session",
      count(efficiency.messages_per_session),
      `${count(dynamics.cycles_per_session)} answered questions`,
    ),
    fact("engagement", share(dynamics.engagement), "of the time between messages is active"),
    fact("cost", cost(totals.cost), `${cost(efficiency.cost_per_session)} a session`),
    fact("shadow_cost", cost(totals.shadow_cost), priced(prices)),
  ];
}

/**
 * The price list of a shadow cost, in words. Version 0 is the list that is shipped.
 * @param {{ version?: number }} options
 */
export function priced({ version }) {
  if (typeof version !== "number") return "an estimate";
  return version === 0 ? "estimate, prices as shipped" : `estimate, price list version ${version}`;
}

/**
 * The note of the table of models.
 * @param {any} report
 */
export function ofModels(report) {
  const { models, note } = report?.prices ?? {};
  const list = typeof models === "number" ? ` with a list of ${count(models)} models` : "";
  const more = note ? ` · ${note.charAt(0).toLowerCase()}${note.slice(1).replace(/\.$/, "")}` : "";
  return `messages are answers; shadow cost is an estimate${list} for tokens without a cost of their own${more}`;
}

/**
 * The figures of the conversations: [{id, value, note}].
 * @param {any} report
 */
export function dynamics(report) {
  const { dynamics: rates = {}, efficiency = {} } = report ?? {};
  const gap = typeof rates.idle_gap === "number" ? duration(rates.idle_gap).replace(".0 s", " s") : UNKNOWN;
  return [
    fact("messages_per_minute", count(rates.messages_per_minute), "of active time"),
    fact("messages_per_hour", count(rates.messages_per_hour), "with any message"),
    fact("messages_per_day", count(rates.messages_per_day), "with any message"),
    fact("length", count(efficiency.messages_per_session), "messages a session"),
    fact("cycles", count(rates.cycles), "questions that were answered"),
    fact("cycles_per_session", count(rates.cycles_per_session), "answered questions"),
    fact("active_seconds", duration(rates.active_seconds), `messages no more than ${gap} apart`),
    fact("idle_seconds", duration(rates.idle_seconds), `longer gaps than ${gap}`),
  ];
}

/**
 * Share of the time that was active, 0..1, or null.
 * @param {any} report
 */
export const active = (report) => report?.dynamics?.engagement ?? null;

/**
 * The note of the chart Leaving.
 * @param {any} report
 */
export function unanswered(report) {
  const asked = report?.leaving?.unanswered;
  if (typeof asked !== "number") return "";
  if (!asked)
    return report.leaving.bands.every((/** @type {Band} */ band) => !band.answers)
      ? ""
      : "No session that is over ends with a question.";
  const questions = asked === 1 ? "question that was" : "questions that were";
  return `${count(asked)} ${questions} the last of their session got no answer at all; they are in no band.`;
}

/** @param {string | null | undefined} iso */
const second = (iso) => (iso ? Math.floor(Date.parse(iso) / 1000) : null);

/**
 * @param {any} report
 * @returns {[number | null, number | null]}
 */
const seconds = (report) => [second(report?.from), second(report?.to)];

/**
 * The models, each with the address of its sessions in this time.
 * @param {any} report
 */
export const models = (report) =>
  (report?.models ?? []).map((/** @type {ModelUsage} */ row) => ({
    ...row,
    href: sessionsOf(...seconds(report), { model: row.model }),
  }));

/**
 * @param {string} id
 * @param {string} name
 * @param {(value: any) => string} write
 * @param {string} [means]
 * @returns {Column}
 */
const numbers = (id, name, write, means = id) => ({
  id,
  name,
  means,
  num: true,
  sort: (row) => row[id],
  cell: (row) => ({ text: write(row[id]) }),
});

/** @type {Column[]} */
export const MODELS = [
  {
    id: "model",
    name: "Model",
    sort: (row) => row.model,
    cell: (row) => ({ text: row.model, href: row.href, title: row.model }),
  },
  numbers("messages", "Messages", count, "models.messages"),
  numbers("prompt_tokens", "Prompt", count),
  numbers("completion_tokens", "Completion", count),
  numbers("tokens", "Tokens", count),
  numbers("share", "Share", share),
  numbers("tokens_per_message", "Tokens a message", count, "models.tokens_per_message"),
  numbers("cost", "Reported cost", cost),
  numbers("shadow_cost", "Shadow cost", cost),
  numbers("cost_per_message", "Cost a message", cost),
  numbers("response_p50", "Wait p50", duration),
  numbers("response_p95", "Wait p95", duration),
];
