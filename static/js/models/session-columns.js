/** Columns that every table of sessions has. */

import { ago, cost, count, exact, moment } from "../lib/format.js";

/** @import { Column } from "./types.js" */

/** @type {Column} */
export const TOKENS = {
  id: "tokens",
  name: "Tokens",
  means: "sessions.tokens",
  num: true,
  sort: (row) => row.tokens,
  cell: (row) => ({ text: count(row.tokens) }),
};

/** @type {Column} */
export const COST = {
  id: "cost",
  name: "Cost",
  means: "sessions.cost",
  num: true,
  sort: (row) => row.cost,
  cell: (row) => ({ text: cost(row.cost) }),
};

/** @type {Column} */
export const ERRORS = {
  id: "errors",
  name: "Errors",
  means: "sessions.errors",
  num: true,
  sort: (row) => row.errors,
  cell: (row) => ({ text: count(row.errors), flag: row.errors > 0 ? "bad" : undefined }),
};

/** @type {Column} */
export const LAST_MESSAGE = {
  id: "last",
  name: "Last message",
  means: "sessions.last_message_at",
  num: true,
  sort: (row) => moment(row.last_message_at),
  value: (row) => row.last_message_at,
  cell: (row, now) => ({
    text: ago(row.last_message_at, now),
    title: exact(row.last_message_at),
    time: row.last_message_at ?? undefined,
  }),
};
