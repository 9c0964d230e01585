/** The sentences of hover texts and tables for the things on a session's timeline. */

import { bytes, cost, count, duration, exact, known } from "../lib/format.js";
import { safe } from "./labels.js";

/** @import { Mark, OperationRow, TimedMessage, VoteRow } from "../lib/frames.js" */

/**
 * @param {(string | null)[]} sentences
 * @returns {string[]}
 */
const present = (sentences) => sentences.flatMap((sentence) => sentence || []);

/**
 * The number of rows with this value in that field.
 * @template Row
 * @param {Row[]} rows
 * @param {keyof Row} field
 * @param {unknown} value
 */
export const of = (rows, field, value) => rows.filter((row) => row[field] === value).length;

/**
 * The sentences on a message, the most important first.
 * @param {TimedMessage} message
 */
export const spoken = (message) => [
  `${message.role}, ${message.status}`,
  exact(message.at),
  ...waited(message),
  ...answered(message),
  `id ${message.id}`,
];

/** @param {TimedMessage} options */
function waited({ wait, completed_at: ended, outlier, skewed }) {
  return present([
    skewed ? `complete before its question, at ${exact(ended)}: clocks disagree, the wait is unknown` : null,
    known(wait) ? `answered in ${duration(wait)}${ended ? `, complete at ${exact(ended).split(" ")[1]}` : ""}` : null,
    outlier ? `unusually slow: ${outlier.rule}` : null,
  ]);
}

/** @param {TimedMessage} message */
const kinds = (message) => `${count(message.prompt_tokens)} prompt, ${count(message.completion_tokens)} completion`;

/**
 * The model, tokens, cost and error of a message.
 * @param {TimedMessage} message
 */
export const answered = (message) =>
  present([
    message.model,
    message.tokens ? `${count(message.tokens)} tokens: ${kinds(message)}` : null,
    message.cost ? cost(message.cost) : null,
    message.error ? `error: ${message.error.slice(0, 200)}` : null,
  ]);

/**
 * The sentences on an operation.
 * @param {OperationRow} operation
 */
export const worked = (operation) => [
  `${operation.operation}, ${operation.outcome}`,
  exact(operation.at),
  ...done(operation).slice(1),
];

/** @param {OperationRow} operation */
export const done = (operation) =>
  present([
    operation.operation,
    known(operation.duration) ? `took ${duration(operation.duration)}` : null,
    known(operation.memory_bytes) ? `memory ${bytes(operation.memory_bytes)}` : null,
    known(operation.cpu_seconds) ? `CPU ${duration(operation.cpu_seconds)}` : null,
    operation.error ? `error: ${operation.error.slice(0, 200)}` : null,
  ]);

/** @param {VoteRow} vote */
export const voted = (vote) =>
  present([
    { up: "vote up", down: "vote down" }[vote.value] ?? "vote taken back",
    exact(vote.at),
    vote.message_id ? `on message ${vote.message_id}` : null,
  ]);

/** @type {Record<string, string>} */
const ENDS = { closed: "closed", timeout: "timed out (no more messages)", error: "ended by an error" };

/**
 * The cause of a session's mark, in a word or two.
 * @param {Mark} mark
 */
export const cause = (mark) => (mark.kind === "started" ? "started" : (ENDS[mark.reason ?? ""] ?? "ended"));

/** @param {string[]} sentences */
export const plain = (sentences) => sentences.join(" · ");

/**
 * Sentences for Plotly's hover, one below the other. Markup is escaped, and long sentences are wrapped.
 * @param {string[]} sentences
 */
export const hover = (sentences) => sentences.map((text) => folded(text).map(safe).join("<br>  ")).join("<br>");

/**
 * A text in lines of at most 64 letters, broken at spaces where there are any.
 * @param {string} text
 */
function folded(text) {
  return text.match(/.{1,64}(?=\s|$)\s?|.{1,64}/g)?.map((line) => line.trimEnd()) ?? [""];
}
