/** The texts and rows of the page Usage, from its report, and of the report of one person. */

import { cost, count, duration, share, UNKNOWN } from "../lib/format.js";
import { figures, links } from "./columns.js";

/**
 * @import { ModelUsage, PricesUsed, Usage } from "../lib/frames.js"
 * @import { Column } from "./types.js"
 */

/**
 * A figure at the head of a page. A note that begins with an unknown figure is left out.
 * @param {string} id
 * @param {string} value
 * @param {string} [note]
 */
export const fact = (id, value, note = "") => ({ id, value, note: note.startsWith(UNKNOWN) ? "" : note });

/**
 * The figures at the head: [{id, value, note}].
 * @param {Usage | null} report
 */
export function facts(report) {
  const { totals, efficiency, dynamics, prices } = report ?? {};
  return [
    fact("messages", count(totals?.messages), `${count(dynamics?.messages_per_day)} per active day`),
    fact("sessions", count(totals?.sessions), "started in this time"),
    fact(
      "tokens",
      count(totals?.tokens),
      `${count(totals?.prompt_tokens)} prompt, ${count(totals?.completion_tokens)} completion`,
    ),
    fact(
      "tokens_per_message",
      count(efficiency?.tokens_per_message),
      `${count(efficiency?.tokens_per_session)} per session`,
    ),
    fact(
      "messages_per_session",
      count(efficiency?.messages_per_session),
      `${count(dynamics?.cycles_per_session)} answered questions`,
    ),
    fact("engagement", share(dynamics?.engagement), "active share of the time between messages"),
    fact("cost", cost(totals?.cost), `${cost(efficiency?.cost_per_session)} per session`),
    fact("shadow_cost", cost(totals?.shadow_cost), priced(prices?.version)),
  ];
}

/**
 * The price list of an estimated cost, in words. Version 0 is the list that is shipped.
 * @param {PricesUsed["version"]} [version]
 */
export function priced(version) {
  if (version === undefined) return "not billed";
  return version === 0 ? "list prices, not billed" : `price list version ${version}, not billed`;
}

/**
 * The note of the table of models.
 * @param {Usage | null} report
 */
export function ofModels(report) {
  const { models, note } = report?.prices ?? {};
  const list = models === undefined ? "" : ` (list of ${count(models)} models)`;
  const more = note ? ` · ${note.charAt(0).toLowerCase()}${note.slice(1).replace(/\.$/, "")}` : "";
  const words = "messages are answers; the estimated cost is that of tokens without a reported cost, at list prices";
  return `${words}${list}${more}`;
}

/**
 * The figures of the conversations: [{id, value, note}].
 * @param {Usage | null} report
 */
export function dynamics(report) {
  const rates = report?.dynamics;
  const gap = duration(rates?.idle_gap).replace(".0 s", " s");
  return [
    fact("messages_per_minute", count(rates?.messages_per_minute), "per active minute"),
    fact("messages_per_hour", count(rates?.messages_per_hour), "per active hour"),
    fact("messages_per_day", count(rates?.messages_per_day), "per active day"),
    fact("length", count(report?.efficiency.messages_per_session), "messages per session"),
    fact("cycles", count(rates?.cycles), "in this time"),
    fact("cycles_per_session", count(rates?.cycles_per_session), "answered questions per session"),
    fact("active_seconds", duration(rates?.active_seconds), `gaps up to ${gap}`),
    fact("idle_seconds", duration(rates?.idle_seconds), `gaps over ${gap}`),
  ];
}

/**
 * Share of the time that was active, 0..1, or null.
 * @param {Usage | null} report
 */
export const active = (report) => report?.dynamics.engagement ?? null;

/**
 * The note of the chart Leaving.
 * @param {Usage | null} report
 */
export function unanswered(report) {
  if (!report) return "";
  const { unanswered: asked, bands } = report.leaving;
  if (!asked) return bands.some((band) => band.answers) ? "No ended session ends with a question." : "";
  const questions = asked === 1 ? "session ends" : "sessions end";
  return `${count(asked)} ${questions} with a question that got no answer; they are in no band.`;
}

/** @type {Column<ModelUsage & { href: string }>[]} */
export const MODELS = [
  {
    ...links(
      "model",
      "Model",
      (row) => row.model,
      (row) => row.href,
    ),
    wrap: true,
  },
  figures("messages", "Messages", count, { means: "models.messages" }),
  figures("prompt_tokens", "Prompt", count, { means: "prompt_tokens" }),
  figures("completion_tokens", "Completion", count, { means: "completion_tokens" }),
  figures("tokens", "Tokens", count, { means: "tokens" }),
  figures("share", "Share", share, { means: "share" }),
  figures("tokens_per_message", "Tokens per message", count, { means: "models.tokens_per_message" }),
  figures("cost", "Reported cost", cost, { means: "cost" }),
  figures("shadow_cost", "Estimated cost", cost, { means: "shadow_cost" }),
  figures("cost_per_message", "Cost per message", cost, { means: "cost_per_message" }),
  figures("response_p50", "Response p50", duration, { means: "response_p50" }),
  figures("response_p95", "Response p95", duration, { means: "response_p95" }),
];

/**
 * Fewer columns for a person's own models: their table stands beside another one.
 * @type {Column<ModelUsage & { href: string }>[]}
 */
export const OWN_MODELS = MODELS.filter(
  ({ id }) => !["prompt_tokens", "completion_tokens", "tokens_per_message", "cost_per_message"].includes(id),
);
