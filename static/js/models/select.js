/** Series and figures from the state. A gap in a line is null; a count without events is zero. */

import { moment } from "../lib/format.js";

/**
 * @import { Lines, Series, Value } from "./types.js"
 * @import { State } from "../lib/types.js"
 * @import { Point, TimedMessage } from "../lib/frames.js"
 */

export const ROLES = ["user", "assistant", "system", "tool"];
export const FAILURES = ["message", "operation", "session"];
export const SLOW = 10;
export const VERY_SLOW = 30;
const STALE_SECONDS = 120;
const MODELS_SHOWN = 7;

/**
 * The starts of all buckets, epoch seconds, from the first of the range to the one that is filling.
 * @param {State} state
 */
export function grid(state) {
  const now = moment(state.now);
  const last = state.buckets.at(-1)?.t ?? -Infinity;
  const end = Math.max(now === null ? -Infinity : now / 1000, last);
  const times = [];
  for (let t = state.from; t <= end; t += state.step) times.push(t);
  return times;
}

/**
 * One value for each time of the grid: pick(bucket), or `missing` where there is no bucket.
 * @param {State} state
 * @param {(bucket: Point) => any} pick
 * @param {any} missing
 */
export function series(state, pick, missing) {
  const held = new Map(state.buckets.map((bucket) => [bucket.t, bucket]));
  return grid(state).map((t) => {
    const bucket = held.get(t);
    return bucket ? (pick(bucket) ?? missing) : missing;
  });
}

/** @param {State} state */
const minutes = (state) => state.step / 60;
/** @param {Record<string, number> | undefined} record */
const sum = (record) => Object.values(record ?? {}).reduce((total, value) => total + value, 0);

/**
 * The sums of a field of the buckets, by the keys that occur in the range.
 * @param {State} state
 * @param {"messages" | "tokens" | "errors"} field
 */
function totals(state, field) {
  const found = new Map();
  for (const bucket of state.buckets) {
    for (const [name, value] of Object.entries(bucket[field] ?? {})) found.set(name, (found.get(name) ?? 0) + value);
  }
  return found;
}

/**
 * Messages a minute, by role.
 * @param {State} state
 */
export function messages(state) {
  const seen = totals(state, "messages");
  const roles = ROLES.filter((role) => seen.get(role) > 0);
  return {
    times: grid(state),
    step: state.step,
    series: roles.map((role) => ({
      name: role,
      total: seen.get(role),
      values: series(state, (b) => (b.messages?.[role] ?? 0) / minutes(state), 0),
    })),
  };
}

/**
 * The response-time bands, seconds; null where nobody waited.
 * @param {State} state
 */
export function response(state) {
  /** @param {string} name */
  const line = (name) => ({ name, values: series(state, (b) => b.wait?.[name], null) });
  return {
    times: grid(state),
    step: state.step,
    series: ["p50", "p95", "p99"].map(line),
    counts: series(state, (b) => b.wait?.count, 0),
  };
}

/**
 * Tokens a minute by model, the largest first; the small ones together as "other". The filling bucket is left out.
 * @param {State} state
 */
export function tokens(state) {
  const ranked = [...totals(state, "tokens")]
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const rest = ranked.slice(MODELS_SHOWN).map(([name]) => name);
  /** @param {string[]} names */
  const pick = (names) =>
    series(state, (b) => names.reduce((n, name) => n + (b.tokens?.[name] ?? 0), 0) / minutes(state), 0);
  /** @type {Series[]} */
  const lines = ranked.slice(0, MODELS_SHOWN).map(([name, total]) => ({ name, total, values: pick([name]) }));
  if (rest.length)
    lines.push({
      name: "other",
      other: true,
      total: ranked.slice(MODELS_SHOWN).reduce((n, [, v]) => n + v, 0),
      values: pick(rest),
    });
  return whole({ times: grid(state), step: state.step, series: lines }, state);
}

/**
 * The rows without the bucket that is filling, where two others hold a figure.
 * @param {Lines} rows
 * @param {State} state
 */
export function whole(rows, state) {
  const now = moment(state.now);
  const end = rows.times.at(-1);
  const full = rows.series.some((line) => line.values.slice(0, -1).filter((value) => value > 0).length >= 2);
  if (now === null || end === undefined || end + state.step <= now / 1000 || !full) return rows;
  return {
    ...rows,
    times: rows.times.slice(0, -1),
    series: rows.series.map((line) => ({ ...line, values: line.values.slice(0, -1) })),
  };
}

/**
 * Active and started sessions in each bucket. In a gap the first are null, the second zero.
 * @param {State} state
 */
export function sessions(state) {
  return {
    times: grid(state),
    step: state.step,
    active: series(state, (b) => b.active, null),
    started: series(state, (b) => b.started, 0),
  };
}

/**
 * Errors in each bucket, by kind.
 * @param {State} state
 */
export function errors(state) {
  const seen = totals(state, "errors");
  return {
    times: grid(state),
    step: state.step,
    series: FAILURES.filter((kind) => seen.get(kind) > 0).map((kind) => ({
      name: kind,
      total: seen.get(kind),
      values: series(state, (b) => b.errors?.[kind], 0),
    })),
  };
}

/**
 * The values of each tile's sparkline.
 * @type {Record<"active" | "messages" | "response" | "errors" | "tokens" | "cost", (state: State) => Value[]>}
 */
export const sparks = {
  active: (state) => series(state, (b) => b.active, null),
  messages: (state) =>
    settled(
      state,
      series(state, (b) => sum(b.messages), 0),
    ),
  response: (state) => series(state, (b) => b.wait?.p95, null),
  errors: (state) => series(state, (b) => (sum(b.messages) ? sum(b.errors) / sum(b.messages) : null), null),
  tokens: (state) =>
    settled(
      state,
      series(state, (b) => sum(b.tokens), 0),
    ),
  cost: (state) => settled(state, running(series(state, (b) => sum(b.cost), 0))),
};

/**
 * @param {State} state
 * @param {any[]} values
 */
const settled = (state, values) => (state.buckets.length > 2 ? values.slice(0, -1) : values);

/** @param {number[]} values */
function running(values) {
  let total = 0;
  return values.map((value) => (total += value));
}

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
  if (seconds > VERY_SLOW) return "very slow";
  return seconds > SLOW ? "slow" : null;
}

/**
 * The messages of a session that hold every word of the search.
 * @param {TimedMessage[]} rows
 * @param {string} words
 */
export function search(rows, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return rows;
  return rows.filter((row) => {
    const text = [row.role, row.status, row.model, row.error, slowness(row.wait)]
      .filter(Boolean)
      .join(" ")
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
