/** The one state of a page: fold(state, frame) returns the next state and changes neither. */

import { moment } from "./format.js";

/**
 * @import { Frame, HeatHours, SessionRows, State } from "./types.js"
 * @import { Point, TimedMessage } from "./frames.js"
 */

const HELD_MESSAGES = 2000;
/** The most messages that a page holds once earlier ones were loaded. */
export const HELD_PAGES = 5000;
const HELD_BESIDE = 1000;
/** The most votes, and the most operations, in a frame (stats/sessions/detail.py: BESIDE). */
const SENT_BESIDE = 200;

const HOUR = 3600;

/**
 * @typedef {"buckets" | "ahead" | "messages" | "votes" | "operations" | "marks" | "sessions" | "report"} Kept
 * @type {Pick<State<never>, Kept>}
 */
const EMPTY = {
  ...{ buckets: [], ahead: [], messages: [], votes: [], operations: [], marks: [], sessions: [] },
  report: null,
};

/**
 * The state after a frame. A snapshot replaces the state. A frame's rows replace the rows with the same key, and other
 * rows stay. A frame that is `whole` has all rows: the others are removed, and `renewed` grows by one.
 * @template Report
 * @param {State<Report> | null} state
 * @param {Frame<Report>} frame
 * @returns {State<Report>}
 */
export function fold(state, frame) {
  if (frame.kind === "snapshot" || !state) return settle({ ...EMPTY, tiles: {}, renewed: state?.renewed }, frame);
  return foreign(state, frame) ? state : settle(state, frame);
}

/**
 * Returns whether a frame is not for this state: it has another topic or another range, or it is older. An owner's
 * positions
 * are opaque texts, which have no order.
 * @param {State} state
 * @param {Frame} frame
 */
function foreign(state, frame) {
  return (
    frame.topic !== state.topic ||
    (frame.range !== undefined && frame.range !== state.range) ||
    (typeof frame.position === "number" && typeof state.position === "number" && frame.position < state.position)
  );
}

/**
 * @template Report
 * @param {Partial<State<Report>> & Pick<State<Report>, Kept>} state
 * @param {Frame<Report>} frame
 */
function settle(state, frame) {
  const { kind, hours, whole, ...rest } = frame;
  const held = whole ? EMPTY : state;
  const from = frame.from ?? state.from;
  const buckets = replace([...state.buckets, ...state.ahead], frame.buckets, "t", byTime);
  const next = {
    ...state,
    ...rest,
    ...present(buckets, from, frame.now),
    ...earlier(state, frame, from),
    tiles: { ...state.tiles, ...frame.tiles },
    heat: heated(frame.heat ?? state.heat, hours, moment(frame.now)),
    messages: replace(held.messages, frame.messages, "id", byMoment).slice(-HELD_MESSAGES),
    votes: newer(held.votes, frame.votes),
    operations: newer(held.operations, frame.operations),
    newest: frame.newest ?? state.newest ?? null,
    lag: frame.lag ?? 0,
    ...(whole && { renewed: (state.renewed ?? 0) + 1 }),
  };
  return /** @type {State<Report>} */ (next);
}

/**
 * The points of the time of comparison after a frame with all of them, or with those near the present.
 * @param {Partial<State<any>>} state
 * @param {Frame<any>} frame
 * @param {number | undefined} from
 */
function earlier(state, frame, from) {
  const points = replace(state.before ?? [], frame.before, "t", byTime);
  return points.length ? { before: points.filter(({ t }) => t >= (from ?? -Infinity)) } : {};
}

/**
 * @template T
 * @param {T[]} rows
 * @param {T[] | undefined} changed
 * @param {keyof T} key
 * @param {(a: T, b: T) => number} order
 */
function replace(rows, changed, key, order) {
  if (!changed?.length) return rows;
  const held = new Map(rows.map((row) => [row[key], row]));
  for (const row of changed) held.set(row[key], row);
  return [...held.values()].sort(order);
}

/**
 * The rows after a frame with the newest of them, which is complete from its first on. Older rows stay.
 * @template {{ at: string }} T
 * @param {T[] | undefined} rows
 * @param {T[] | undefined} newest
 */
function newer(rows, newest) {
  if (!newest) return rows ?? [];
  if (newest.length < SENT_BESIDE) return newest; // all there are
  const first = Date.parse(newest[0].at);
  return [...(rows ?? []).filter((row) => Date.parse(row.at) < first), ...newest].slice(-HELD_BESIDE);
}

/**
 * The rows that a session's page shows: those of the state after the earlier {messages, votes, operations} that were
 * loaded. `earlier` is all of them, for the next call.
 * @param {SessionRows | null} earlier
 * @param {State} state
 */
export function together(earlier, state) {
  if (!earlier) return { whole: state, earlier: null };
  const messages = replace(earlier.messages, state.messages, "id", byMoment).slice(-HELD_PAGES);
  const votes = newer(earlier.votes, state.votes);
  const next = { messages, votes, operations: newer(earlier.operations, state.operations) };
  return { whole: { ...state, ...next }, earlier: next };
}

/**
 * Returns whether no gap lies between the earlier rows and those of the state.
 * @param {SessionRows} earlier
 * @param {State} state
 */
export function meets(earlier, state) {
  const first = state.messages[0];
  return !first || earlier.messages.some((message) => message.id === first.id);
}

/**
 * The rows of an earlier page before those that are shown. The page ends where those begin.
 * @param {Partial<SessionRows> & { messages: TimedMessage[] }} page
 * @param {SessionRows} options
 */
export function prepend(page, { messages, votes, operations }) {
  /**
   * @template {{ at: string }} T
   * @param {T[]} rows
   * @param {T[]} later
   */
  const first = (rows, later) => [
    ...rows.filter((row) => !later.length || Date.parse(row.at) < Date.parse(later[0].at)),
    ...later,
  ];
  return {
    messages: replace(page.messages, messages, "id", byMoment),
    votes: first(page.votes ?? [], votes),
    operations: first(page.operations ?? [], operations),
  };
}

/**
 * The buckets of the window, and those after the present: a sender's clock may be ahead.
 * @param {Point[]} buckets
 * @param {number | undefined} from
 * @param {string} now
 */
function present(buckets, from, now) {
  const end = (moment(now) ?? Infinity) / 1000;
  return {
    buckets: buckets.filter(({ t }) => t <= end && t >= (from ?? -Infinity)),
    ahead: buckets.filter(({ t }) => t > end),
  };
}

/**
 * The hours {from, messages, tokens, cost} after a change. They end with the present hour, or with a later one that a
 * sender's clock has named.
 * @param {HeatHours | undefined} held
 * @param {Frame["hours"]} hours
 * @param {number | null} now
 */
function heated(held, hours, now) {
  if (!held || !hours) return held;
  const gone = Math.max(0, (hours.from - held.from) / HOUR);
  const latest = Math.max(now === null ? 0 : now / 1000, ...hours.changed.map((hour) => hour.t));
  const length = Math.max(held.messages.length - gone, Math.floor((latest - hours.from) / HOUR) + 1, 0);
  /** @param {"messages" | "tokens" | "cost"} measure */
  const of = (measure) =>
    Object.assign(
      Array(length).fill(0),
      held[measure].slice(gone),
      Object.fromEntries(hours.changed.map((hour) => [(hour.t - hours.from) / HOUR, hour[measure]])),
    );
  return { from: hours.from, messages: of("messages"), tokens: of("tokens"), cost: of("cost") };
}

/**
 * Returns whether a window string names a fixed time, `FROM-TO`, and not one that ends now.
 * @param {string} range
 */
export const isFixed = (range) => range.includes("-");

/**
 * The state with its window moved on to `ms`. It is for a connection that is open: no frame means no change.
 * @template Report
 * @param {State<Report> | null} state
 * @param {number} ms
 */
export function slide(state, ms) {
  if (!state?.step || isFixed(state.range)) return state;
  const steps = Math.floor(ms / 1000 / state.step) - Math.floor(Date.parse(state.now) / 1000 / state.step);
  if (!(steps > 0)) return state;
  const from = state.from + steps * state.step;
  const now = new Date(ms).toISOString();
  return { ...state, from, to: Math.floor(ms / 1000), now, ...present([...state.buckets, ...state.ahead], from, now) };
}

/**
 * @param {Point} a
 * @param {Point} b
 */
const byTime = (a, b) => a.t - b.t;

/**
 * @param {{ id: string, at: string | null }} a
 * @param {{ id: string, at: string | null }} b
 */
function byMoment(a, b) {
  const first = Date.parse(a.at ?? "");
  const second = Date.parse(b.at ?? "");
  if (first !== second) return first - second;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
