/** The texts of the tiles and of a session's figures, curl commands, and CSV. */

import {
  ago,
  change,
  clock,
  cost,
  count,
  day,
  duration,
  exact,
  moment,
  percent,
  share,
  UNKNOWN,
  WHY,
  zone,
} from "../lib/format.js";
import { isCalled } from "./attention.js";
import { unknownIn } from "./layer.js";
import { ageOf, sparks, stale } from "./select.js";
import { stateOf, stateWords } from "./session-columns.js";

/**
 * @import { Figure, State } from "../lib/types.js"
 * @import { SessionHead, Tile } from "../lib/frames.js"
 * @import { Sortable } from "./types.js"
 */

/** @type {Record<keyof typeof sparks, string>} */
const OF_WINDOW = {
  active: "Active sessions, most",
  messages: "Messages, average",
  response: "Response p50 / p95",
  errors: "Error rate",
  tokens: "Tokens, average",
  cost: "Cost",
};
const WEEK_MS = 7 * 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * The basis of a tile's comparison: words beside the change, and the exact time.
 * @typedef {{ words: string, exact: string }} Basis
 */

/**
 * The six tiles of the overview: {id, label, value, unit, change, at, spark}. A change is amber only where the same is
 * called for attention. Of a fixed time they are averages, sums and the largest number, which the labels say; they do
 * not age.
 * @param {State} state
 */
export function tiles(state) {
  /** @param {string} name */
  const tile = (name) => state.tiles?.[name] ?? { value: null, before: null, at: null };
  const against = bases(moment(state.now));
  const wait = tile("response_p50");
  const points = { kind: "points", bad: isCalled(state.attention, "errors") };
  const all = [
    made("active", state, tile("active_sessions"), count, "", against.hour),
    made("messages", state, rate(state, tile("messages_per_minute")), count, "/min", against.hour),
    {
      ...made("response", state, wait, duration, "", against.hour, {
        name: "p50 ",
        bad: isCalled(state.attention, "slower"),
      }),
      ...waits(wait, tile("response_p95")),
    },
    made("errors", state, tile("error_rate"), percent, "%", against.hour, points),
    made("tokens", state, rate(state, tile("tokens_per_minute")), count, "/min", against.hour),
    made("cost", state, tile("cost_today"), cost, "", against.day),
  ];
  if (state.tiles_of !== "window") return all.map((one) => ({ ...one, label: null }));
  return all.map((one) => ({ ...one, label: OF_WINDOW[one.id], at: null, change: null }));
}

/**
 * A rate of now. Zero is unknown while the newest event is old, or where sbdash did not run in that minute.
 * @param {State} state
 * @param {Tile} tile
 */
function rate(state, tile) {
  const now = moment(state.now);
  if (tile.value !== 0 || now === null || state.tiles_of === "window") return tile;
  const gone = unknownIn(state.layer, now / 1000 - 60, now / 1000);
  return gone || stale(ageOf(tile.at, now)) ? { ...tile, value: null } : tile;
}

/**
 * The hour a week before the present one, and the day of then up to that hour.
 * @param {number | null} now ms
 * @returns {{ hour: Basis, day: Basis }}
 */
function bases(now) {
  if (now === null) return { hour: { words: "", exact: "" }, day: { words: "", exact: "" } };
  const from = now - (now % HOUR_MS) - WEEK_MS;
  const [weekday, at] = [new Date(from).toLocaleDateString("en-GB", { weekday: "short" }), clock(from).slice(0, 5)];
  const hour = at.endsWith(":00") ? `${Number(at.slice(0, 2))} h` : at;
  return {
    hour: {
      words: `on last ${weekday} ${hour}`,
      exact: `against ${day(from)} ${at} to ${clock(from + HOUR_MS).slice(0, 5)} ${zone(from)}`,
    },
    day: {
      words: `on last ${weekday}`,
      exact: `against the UTC day of ${new Date(from).toISOString().slice(0, 10)}, up to ${at} ${zone(from)}`,
    },
  };
}

/**
 * @param {keyof typeof sparks} id
 * @param {State} state
 * @param {Tile} options
 * @param {(value: Figure) => string} write
 * @param {string} unit
 * @param {Basis} basis
 * @param {{ kind?: string, name?: string, bad?: boolean }} [options]
 */
function made(id, state, { value, before, at }, write, unit, basis, { kind, name = "", bad = false } = {}) {
  const found = change(value, before, kind);
  const sign = found ? { up: "▲ ", down: "▼ ", same: "" }[found.way] : "";
  return {
    id,
    value: write(value),
    unit: value === null ? "" : unit,
    at: at ?? null,
    change: found && { words: `${name}${sign}${found.words}`, basis, bad: bad && found.way === "up" },
    spark: sparks[id](state),
  };
}

/**
 * The two figures of the tile of waits: p50, with p95 beside it.
 * @param {Tile} half
 * @param {Tile} slow
 */
function waits(half, slow) {
  const [value, ...rest] = duration(half.value).split(" ");
  return { value, unit: half.value === null ? "" : `${rest.join(" ")} / ${duration(slow.value)}` };
}

/**
 * A figure of a session: the name of its definition, its label, its text, and how it is shown. `why` says why it is
 * unknown; the `lesser` figures stand below the others, a `wide` one has a line of its own.
 * @typedef {object} Figured
 * @property {string} key
 * @property {string} name
 * @property {string} words
 * @property {string | null} title
 * @property {boolean} bad
 * @property {boolean} lesser
 * @property {boolean} apart
 * @property {boolean} wide
 * @property {string} why
 */

/**
 * The figures of a session: eight main ones, then the lesser ones.
 * @param {SessionHead} row
 * @param {number} now
 */
export function session(row, now) {
  const { message_count: messages, responses } = row;
  return [
    figured("message_count", "Messages", count(messages)),
    figured("total_tokens", "Tokens", count(row.total_tokens)),
    figured("total_cost", "Cost", cost(row.total_cost)),
    figured("last_message_at", "Last message", ago(row.last_message_at, now), {
      title: exact(row.last_message_at),
      why: WHY.message,
    }),
    // A mean over no answers is sent as 0, as the chat application does; here it is unknown.
    figured("average_response_time", "Average wait", duration(responses ? row.average_response_time : null), {
      why: WHY.answer,
    }),
    figured("conversation_duration", "Duration", duration(messages ? row.conversation_duration : null), {
      why: WHY.message,
    }),
    figured("user_messages", "User messages", count(row.user_messages)),
    figured("assistant_messages", "Assistant messages", count(row.assistant_messages)),
    ...[...rest(row), ...models(row)].map((entry) => ({ ...entry, lesser: true })),
  ];
}

/**
 * @param {string} key
 * @param {string} name
 * @param {string} words
 * @param {Partial<Figured>} [more]
 * @returns {Figured}
 */
const figured = (key, name, words, { why = "", ...more } = {}) => ({
  ...{ key, name, words, title: null, bad: false, lesser: false, apart: false, wide: false },
  why: words === UNKNOWN ? why : "",
  ...more,
});

/** @param {SessionHead} row */
function rest(row) {
  const [answer, time] = [{ why: WHY.answer }, { why: WHY.time }];
  const start = row.responses ? row.average_time_to_start : null;
  /**
   * A count of what should not be.
   * @param {"skewed_responses" | "failed_messages" | "failed_operations"} key
   * @param {string} name
   */
  const fault = (key, name) => figured(key, name, count(row[key]), { bad: row[key] > 0 });
  return [
    figured("response_p50", "Wait p50", duration(row.response_p50), answer),
    figured("response_p95", "Wait p95", duration(row.response_p95), answer),
    figured("response_p99", "Wait p99", duration(row.response_p99), answer),
    figured("average_time_to_start", "Time to start", duration(start), answer),
    figured("responses", "Answers", count(row.responses)),
    fault("skewed_responses", "Skewed answers"),
    figured("prompt_tokens", "Prompt tokens", count(row.prompt_tokens)),
    figured("completion_tokens", "Completion tokens", count(row.completion_tokens)),
    figured("messages_per_minute", "Messages per minute", count(row.messages_per_minute), time),
    figured("engagement", "Engagement", share(row.engagement), time),
    figured("active_seconds", "Active time", duration(row.active_seconds)),
    figured("idle_seconds", "Idle time", duration(row.idle_seconds)),
    fault("failed_messages", "Failed"),
    figured("pending_messages", "Pending", count(row.pending_messages)),
    fault("failed_operations", "Failed operations"),
    figured("votes", "Votes up / down", `${count(row.votes_up)} / ${count(row.votes_down)}`),
    figured("shadow_cost", "Estimated cost", cost(row.shadow_cost), {
      title: "at list prices, not billed",
      apart: true,
      why: WHY.price,
    }),
  ];
}

/** @param {SessionHead} row */
const models = (row) =>
  Object.entries(row.models).map(([name, of]) => {
    const words = [`${count(of.messages)} messages`, `${count(of.tokens)} tokens`, of.cost ? cost(of.cost) : ""];
    return figured("", name, words.filter(Boolean).join(" · "), { wide: true });
  });

/**
 * A part of the line on what a session is; with `href`, a link.
 * @typedef {{ words: string, title?: string, href?: string, state?: string }} Fact
 */

/**
 * One line on what a session is: state, kind, owner, begin, end. `sessionsOf(owner)` is the address of an owner's
 * sessions, empty where the reader has no list of them.
 * @param {SessionHead | null | undefined} row
 * @param {number} now
 * @param {(owner: string) => string} [sessionsOf]
 * @returns {Fact[]}
 */
export function facts(row, now, sessionsOf = () => "") {
  if (!row) return [];
  const { owner, session_type: kind, started_at: started, ended_at: ended } = row;
  const state = stateOf({ state: row.state, outcome: row.end_reason ?? (ended ? "closed" : "open") });
  const named = owner && owner !== "nobody";
  return [
    { words: stateWords(state), state },
    named ? { words: `owner ${owner}`, title: `All sessions of ${owner}`, href: sessionsOf(owner) } : null,
    kind ? { words: `type ${kind.toLowerCase()}` } : null,
    started ? { words: `started ${ago(started, now)}`, title: exact(started) } : null,
    ended ? { words: `ended ${ago(ended, now)}`, title: exact(ended) } : null,
  ].flatMap((fact) => fact ?? []);
}

/**
 * The time since a session ended, in words; empty while it can change.
 * @param {SessionHead | null | undefined} row
 * @param {number} now
 */
export const endedWords = (row, now) => (row?.ended_at ? `Ended ${ago(row.ended_at, now)}` : "");

/**
 * A curl command that sends a question and its answer, which took 0.9 s. The shell fills in time and ids.
 * @param {string} url
 * @param {string} key
 */
export function curl(url, key) {
  const stamp = "'$(date +%s)'";
  const now = "'$(date -u +%Y-%m-%dT%H:%M:%S)'";
  return [
    `curl -X POST ${url}/api/v1/events \\`,
    `  -H 'Authorization: Bearer ${key || "YOUR_KEY"}' \\`,
    "  -H 'Content-Type: application/cloudevents-batch+json' \\",
    `  -d '[{"specversion":"1.0","type":"message","source":"/hello","id":"q-${stamp}",`,
    `        "time":"${now}.0Z",`,
    `        "data":{"message_id":"q-${stamp}","session_id":"hello","user_id":"me",`,
    `                "role":"user","status":"completed"}},`,
    `       {"specversion":"1.0","type":"message","source":"/hello","id":"a-${stamp}",`,
    `        "time":"${now}.9Z",`,
    `        "data":{"message_id":"a-${stamp}","session_id":"hello","role":"assistant","status":"completed",`,
    `                "model":"my-model","prompt_tokens":60,"completion_tokens":40,"total_tokens":100}}]'`,
  ].join("\n");
}

/**
 * The places where a spreadsheet would begin a formula: after a cell separator, after characters that are not seen, and
 * with the signs' other forms (as monitoring/stats/sessions/spreadsheet.py).
 */
const UNSEEN = "\\s\\u00ad\\u180e\\u200b-\\u200f\\u2060\\ufeff";
const SIGNS =
  "=+\\-@\\u207a\\u207c\\u208a\\u208c\\u2a75\\u2a76\\ufb29\\ufe62\\ufe63\\ufe66\\ufe6b\\uff0b\\uff0d\\uff1d\\uff20";
const RISKY = new RegExp(`([;,|\\t\\r\\n]|^)(?=[${UNSEEN}]*[${SIGNS}])|^(?=[\\t\\r\\n])`, "g");

/**
 * Rows as CSV. Texts are quoted, and escaped where a spreadsheet would run them as a formula.
 * @param {string[]} columns
 * @param {Sortable[][]} rows
 */
export function csv(columns, rows) {
  /** @param {Sortable} value */
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    return typeof value === "string" ? `"${value.replace(RISKY, "$1'").replace(/"/g, '""')}"` : String(value);
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
