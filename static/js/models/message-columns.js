/** The columns of a session's messages. */

import { clock, cost, count, day, exact, moment, UNKNOWN } from "../lib/format.js";
import { texts, wait } from "./columns.js";

/**
 * @import { TimedMessage } from "../lib/frames.js"
 * @import { Column } from "./types.js"
 */

/**
 * The time of a message, with its date where it is not today.
 * @param {TimedMessage} row
 * @param {number} now
 */
function time(row, now) {
  const at = moment(row.at) ?? 0;
  return day(at) === day(now) ? clock(at) : `${day(at)} ${clock(at)}`;
}

/**
 * An unusually slow answer in words: `6.6 × the usual 3.5 s (limit 18.4 s, …)`. Empty for any other message.
 * @param {TimedMessage} row
 */
const unusual = ({ outlier }) => outlier?.rule ?? "";

/**
 * A figure that only answers have: an empty cell instead of 0 in the row of another message.
 * @param {TimedMessage} row
 * @param {number} value
 * @param {(value: number) => string} write
 */
const ofAnswers = (row, value, write) => (value || row.role === "assistant" ? write(value) : "");

/**
 * The columns of the table; here(id) is the address of a message on this page.
 * @param {(id: string) => string} here
 * @returns {Column<TimedMessage>[]}
 */
export const columns = (here) => [
  {
    id: "at",
    name: "Time",
    sort: (row) => moment(row.at),
    value: (row) => row.at,
    cell: (row, now) => ({
      text: time(row, now),
      title: `${exact(row.at)}; Enter shows it on the timeline`,
      href: here(row.id),
    }),
  },
  texts("role", "Role"),
  texts("status", "Status", { cell: ({ status }) => ({ text: status ?? "", state: status ?? undefined }) }),
  {
    id: "wait",
    name: "Wait",
    means: "messages.wait",
    num: true,
    sort: (row) => row.wait,
    cell: (row) =>
      row.skewed ? { text: "unknown", title: "It ended before its question: clocks disagree." } : wait(row.wait),
  },
  {
    id: "outlier",
    name: "Unusually slow",
    means: "messages.outlier",
    wrap: true,
    optional: true,
    sort: ({ outlier, wait }) => outlier && (outlier.score ?? wait),
    value: unusual,
    cell: (row) => ({
      text: unusual(row),
      flag: row.outlier ? "slow" : undefined,
    }),
  },
  {
    id: "tokens",
    name: "Tokens",
    means: "messages.tokens",
    num: true,
    sort: (row) => row.tokens,
    cell: (row) => ({
      text: ofAnswers(row, row.tokens, count),
      title: row.tokens ? `${count(row.prompt_tokens)} prompt, ${count(row.completion_tokens)} completion` : "",
    }),
  },
  {
    id: "cost",
    name: "Cost",
    means: "messages.cost",
    num: true,
    sort: (row) => row.cost,
    cell: (row) => ({ text: ofAnswers(row, row.cost, cost) }),
  },
  {
    id: "model",
    name: "Model",
    wrap: true,
    sort: (row) => row.model,
    cell: ({ model, role }) => ({ text: model ?? (role === "assistant" ? UNKNOWN : "") }),
  },
  texts("error", "Error", { wrap: true, optional: true }),
];

/**
 * The columns of the file: the ids of the messages, too.
 * @type {Column<TimedMessage>[]}
 */
export const FILE = [
  { id: "id", name: "Message", value: (row) => row.id, cell: (row) => ({ text: row.id }) },
  ...columns(() => ""),
];
