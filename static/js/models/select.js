/** Series and figures from the state. A gap in a line is null; a count without events is zero. */

import { moment } from "../lib/format.js";
import { limits } from "../lib/limits.js";
import { isFixed } from "../lib/state.js";
import { unknownIn } from "./layer.js";

/**
 * @import { Lines, Value } from "./types.js"
 * @import { State } from "../lib/types.js"
 * @import { Point, TimedMessage } from "../lib/frames.js"
 */

export const ROLES = ["user", "assistant", "system", "tool"];
const FAILURES = ["message", "operation", "session"];
const STALE_SECONDS = 120;
const MODELS_SHOWN = 7;
const HOUR = 3600;
const WEEK_HOURS = 7 * 24;
/** The fewest answers that have a p99: with fewer it is the slowest of them. */
export const ENOUGH_P99 = 100;

/**
 * The starts of all buckets, epoch seconds, from the first of the range to the one that is filling, or to the end of a
 * time that is over.
 * @param {State} state
 */
export function grid(state) {
  const now = moment(state.now);
  const last = state.buckets.at(-1)?.t ?? -Infinity;
  const present = Math.min(now === null ? -Infinity : now / 1000, isFixed(state.range ?? "") ? state.to - 1 : Infinity);
  const end = Math.max(present, last);
  const times = [];
  for (let t = state.from; t <= end; t += state.step) times.push(t);
  return times;
}

/**
 * Returns whether the last bucket of the grid is still filling.
 * @param {State} state
 * @param {number[]} times
 */
function fills(state, times) {
  const [now, end] = [moment(state.now), times.at(-1)];
  return now !== null && end !== undefined && end + state.step > now / 1000;
}

/**
 * The first hour with any message, s, where the four weeks of the heat map begin with a week without any: of the time
 * before it nothing is known. A shorter silence is one.
 * @param {State} state
 */
function begun({ heat }) {
  const first = heat?.messages.findIndex((value) => value > 0) ?? -1;
  return heat && first >= WEEK_HOURS ? heat.from + first * HOUR : -Infinity;
}

/**
 * One value for each time of the grid: pick(bucket), or `missing` where there is no bucket; null before the first
 * event, and where sbdash did not run.
 * @template {Value} T
 * @param {State} state
 * @param {(bucket: Point) => T | undefined} pick
 * @param {T} missing
 * @returns {(T | null)[]}
 */
export function series(state, pick, missing) {
  const held = new Map(state.buckets.map((bucket) => [bucket.t, bucket]));
  const from = begun(state);
  return grid(state).map((t) => {
    const bucket = held.get(t);
    if (bucket) return pick(bucket) ?? missing;
    return t + state.step <= from || unknownIn(state.layer, t, t + state.step) ? null : missing;
  });
}

/**
 * A line ends before the bucket that is filling, where two others are known: half a minute looks like a fall.
 * @param {State} state
 * @param {Value[]} values
 */
function settled(state, values) {
  const full = values.slice(0, -1).filter((value) => value !== null).length >= 2;
  return full && fills(state, grid(state)) ? [...values.slice(0, -1), null] : values;
}

/**
 * The values of the time before, at the times of the grid: pick(bucket), or `missing` where there is no bucket; null
 * without a comparison.
 * @param {State} state
 * @param {(bucket: Point) => Value | undefined} pick
 * @param {Value} missing
 */
function earlier(state, pick, missing) {
  if (!state.before?.length || !state.shift) return null;
  const held = new Map(state.before.map((bucket) => [bucket.t, bucket]));
  const first = state.before[0].t;
  const values = grid(state).map((t) => {
    const bucket = held.get(t);
    return bucket ? (pick(bucket) ?? missing) : t < first ? null : missing;
  });
  return { shift: state.shift, values };
}

/** @param {State} state */
const minutes = (state) => state.step / 60;
/** @param {Record<string, number> | undefined} record */
export const sum = (record) => Object.values(record ?? {}).reduce((total, value) => total + value, 0);

/**
 * The sums of some records, by the names that occur in them.
 * @param {(Record<string, number> | undefined)[]} records
 */
function totals(records) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const record of records)
    for (const [name, value] of Object.entries(record ?? {})) found.set(name, (found.get(name) ?? 0) + value);
  return found;
}

/**
 * The names with the largest totals, in the order of the alphabet, so that a stack keeps its order over all times:
 * {name, total, values}; the small ones together as "other". values(names) returns the series of some names.
 * @param {(Record<string, number> | undefined)[]} records
 * @param {(names: string[]) => Value[]} values
 */
export function ranked(records, values) {
  const all = [...totals(records)].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const small = Object.fromEntries(all.slice(MODELS_SHOWN));
  const large = all.slice(0, MODELS_SHOWN).sort(([a], [b]) => (a < b ? -1 : 1));
  /** @type {Lines["series"]} */
  const lines = large.map(([name, total]) => ({ name, total, values: values([name]) }));
  if (all.length > MODELS_SHOWN)
    lines.push({ name: "other", other: true, total: sum(small), values: values(Object.keys(small)) });
  return lines;
}

/**
 * A field of the buckets by those of the names that occur in the range.
 * @param {State} state
 * @param {"messages" | "errors"} field
 * @param {string[]} names
 * @param {number} [per]
 * @returns {Lines}
 */
function named(state, field, names, per = 1) {
  const seen = totals(state.buckets.map((bucket) => bucket[field]));
  const times = grid(state);
  return {
    times,
    step: state.step,
    fills: fills(state, times),
    before: earlier(state, (b) => sum(b[field]) / per, 0),
    series: names.flatMap((name) => {
      const total = seen.get(name) ?? 0;
      return total > 0 ? [{ name, total, values: series(state, (b) => (b[field]?.[name] ?? 0) / per, 0) }] : [];
    }),
  };
}

/**
 * Messages a minute, by role.
 * @param {State} state
 */
export const messages = (state) => named(state, "messages", ROLES, minutes(state));

/**
 * Errors in each bucket, by kind.
 * @param {State} state
 */
export const errors = (state) => named(state, "errors", FAILURES);

/**
 * The response-time bands, seconds; null where nobody waited, and where too few did for a p99.
 * @param {State} state
 */
export function response(state) {
  /**
   * @param {"p50" | "p95" | "p99"} name
   * @param {number} [least]
   */
  const line = (name, least = 1) => ({
    name,
    values: settled(
      state,
      series(state, ({ wait }) => (wait && wait.count >= least ? wait[name] : null), /** @type {Value} */ (null)),
    ),
  });
  return {
    times: grid(state),
    step: state.step,
    series: [line("p50"), line("p95"), line("p99", ENOUGH_P99)],
    counts: series(state, (b) => b.wait?.count, 0),
    before: earlier(state, (b) => b.wait?.p50, null),
  };
}

/**
 * Tokens a minute by model; the small ones together as "other".
 * @param {State} state
 * @returns {Lines}
 */
export function tokens(state) {
  /** @param {string[]} names */
  const values = (names) =>
    settled(
      state,
      series(state, (b) => names.reduce((n, name) => n + (b.tokens?.[name] ?? 0), 0) / minutes(state), 0),
    );
  const lines = ranked(
    state.buckets.map((bucket) => bucket.tokens),
    values,
  );
  const before = earlier(state, (b) => sum(b.tokens) / minutes(state), 0);
  return { times: grid(state), step: state.step, fills: false, before, series: lines };
}

/**
 * Active and new sessions in each bucket.
 * @param {State} state
 */
export function sessions(state) {
  const times = grid(state);
  return {
    times,
    step: state.step,
    fills: fills(state, times),
    active: sparks.active(state),
    before: earlier(state, (b) => b.active, 0),
    started: series(state, (b) => b.started, 0),
  };
}

/** @typedef {(state: State) => Value[]} Spark */

/**
 * The sums of a field in each bucket, without the one that is filling.
 * @param {"messages" | "tokens" | "cost"} field
 * @returns {Spark}
 */
const summed = (field) => (state) =>
  settled(
    state,
    series(state, (b) => sum(b[field]), 0),
  );

/** @type {Value} */
const GAP = null;

/**
 * The values of each tile's sparkline.
 * @type {Record<"active" | "messages" | "response" | "errors" | "tokens" | "cost", Spark>}
 */
export const sparks = {
  active: (state) =>
    settled(
      state,
      series(state, (b) => b.active, 0),
    ),
  messages: summed("messages"),
  response: (state) =>
    settled(
      state,
      series(state, (b) => b.wait?.p95, GAP),
    ),
  errors: (state) =>
    settled(
      state,
      series(state, (b) => (sum(b.messages) ? sum(b.errors) / sum(b.messages) : null), GAP),
    ),
  tokens: summed("tokens"),
  cost: (state) => {
    let total = 0;
    return summed("cost")(state).map((value) => {
      total += value ?? 0;
      return value === null ? null : total;
    });
  },
};

/**
 * Seconds since a figure was made, by the server's clock; null when unknown.
 * @param {string | null} iso
 * @param {number} now
 */
export function ageOf(iso, now) {
  const at = moment(iso);
  return at === null ? null : Math.max(0, (now - at) / 1000);
}

/** @param {number | null} seconds */
export const stale = (seconds) => seconds !== null && seconds > STALE_SECONDS;

/**
 * `slow` or `very slow` for a wait of so many seconds, else null.
 * @param {unknown} seconds
 */
export function slowness(seconds) {
  if (typeof seconds !== "number") return null;
  if (seconds > limits.verySlow) return "very slow";
  return seconds > limits.slow ? "slow" : null;
}

/**
 * The messages of a session that hold every word of the search.
 * @param {TimedMessage[]} rows
 * @param {string} words
 */
export function search(rows, words) {
  return holding(words, rows, (row) => [row.role, row.status, row.model, row.error, slowness(row.wait)]);
}

/**
 * The rows whose texts hold every word of a search, in any case.
 * @template Row
 * @param {string} words
 * @param {Row[]} rows
 * @param {(row: Row) => (string | null)[]} texts
 */
export function holding(words, rows, texts) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return rows;
  return rows.filter((row) => {
    const text = texts(row).filter(Boolean).join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
