/** The columns of tables of sessions. Without a name of its own a column has the label of its definition. */

import { cost, count, duration, UNKNOWN, WHY } from "../lib/format.js";
import { figures, links, times, wait } from "./columns.js";
import { sessionAt } from "./links.js";

/**
 * @import { BusySession, SessionRow } from "../lib/frames.js"
 * @import { Column } from "./types.js"
 */

/** @type {Column<SessionRow>} */
const SESSION = links(
  "id",
  "Session",
  (row) => row.id,
  (row) => sessionAt(row.id),
);

/**
 * @param {string} id
 * @param {string | undefined} name
 * @param {"average_response_time" | "response_p95" | "slowest_response"} field
 * @returns {Column<SessionRow>}
 */
const waits = (id, name, field) => ({
  id,
  name,
  means: `sessions.${field}`,
  num: true,
  sort: (row) => row[field],
  cell: (row) => ({ ...wait(row[field]), title: row[field] === null ? WHY.answer : "" }),
});

const P95 = waits("p95", "p95 wait", "response_p95");

/** @type {Column<SessionRow>} */
const ERRORS = figures("errors", undefined, count, {
  means: "sessions.errors",
  cell: ({ errors }) => ({ text: count(errors), flag: errors ? "bad" : undefined }),
});
/** @type {Column<SessionRow>[]} */
const SPENT = [
  figures("tokens", undefined, count, { means: "sessions.tokens" }),
  figures("cost", undefined, cost, { means: "sessions.cost" }),
];
/**
 * The present state of a session, in one word: active or idle while it is open, then its end.
 * @param {Pick<SessionRow, "state" | "outcome">} row
 */
export const stateOf = ({ state, outcome }) => (outcome === "open" ? state : outcome);

/**
 * A state as people read it.
 * @param {string} state
 */
export const stateWords = (state) => (state === "timeout" ? "timed out" : state);

/** @type {Column<SessionRow>} */
const STATE = {
  id: "state",
  means: "sessions.state",
  sort: stateOf,
  cell: (row) => ({ text: stateWords(stateOf(row)), state: stateOf(row) }),
};

/** @type {Column<SessionRow>} */
const LAST = { ...times("last_message_at", undefined, { means: "sessions.last_message_at" }), id: "last" };

/**
 * The most active sessions of the overview.
 * @type {Column<BusySession>[]}
 */
export const MOST_ACTIVE = [
  { ...SESSION, sort: undefined },
  { id: "owner", means: "sessions.owner", cell: (row) => ({ text: row.owner ?? UNKNOWN }) },
  { ...STATE, sort: undefined },
  { ...figures("messages_in_window", "In this time", count, { means: "messages_in_window" }), id: "window" },
  figures("messages", "In all", count, { means: "sessions.messages" }),
  { ...P95, id: "wait" },
  ...SPENT,
  ERRORS,
  LAST,
];

/** @param {SessionRow} row */
const lasted = (row) => (row.messages ? row.duration : null);

/**
 * A person's newest sessions.
 * @type {Column<SessionRow>[]}
 */
export const OWN = [
  SESSION,
  STATE,
  {
    id: "models",
    name: "Models",
    wrap: true,
    sort: (row) => row.models.join(", "),
    cell: (row) => ({ text: row.models.join(", ") || UNKNOWN, title: row.models.join(", ") }),
  },
  figures("messages", undefined, count, { means: "sessions.messages" }),
  waits("slowest", "Slowest", "slowest_response"),
  waits("wait", undefined, "average_response_time"),
  P95,
  ...SPENT,
  {
    id: "duration",
    means: "sessions.duration",
    num: true,
    sort: lasted,
    cell: (row) => ({ text: duration(lasted(row)), title: row.messages ? "" : WHY.message }),
  },
  ERRORS,
  LAST,
];
