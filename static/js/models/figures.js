/** The texts of the tiles and of a session's figures, curl commands, and CSV. */

import { ago, change, cost, count, duration, exact, percent, share, UNKNOWN, WHY } from "../lib/format.js";
import { sparks } from "./select.js";

/**
 * @import { Figure, State } from "../lib/types.js"
 * @import { Tile } from "../lib/frames.js"
 */

const BAD = 0.1;
const BAD_POINTS = 0.005;

/**
 * How a change is worded: `bad` from which size on, `up` and `down` the words beside it.
 * @typedef {{ kind?: string, bad: number, up: string, down: string }} Wording
 */

/**
 * The six tiles of the overview: {id, value, unit, change, at, spark}.
 * @param {State} state
 */
export function tiles(state) {
  /** @param {string} name */
  const tile = (name) => state.tiles?.[name] ?? { value: null, before: null, at: null };
  const wait = tile("response_p50");
  return [
    made("active", state, tile("active_sessions"), count, ""),
    made("messages", state, tile("messages_per_minute"), count, "/min"),
    { ...made("response", state, wait, duration, ""), ...waits(wait, tile("response_p95")) },
    made("errors", state, tile("error_rate"), percent, "%", {
      kind: "points",
      bad: BAD_POINTS,
      up: "more",
      down: "fewer",
    }),
    made("tokens", state, tile("tokens_per_minute"), count, "/min"),
    made("cost", state, tile("cost_today"), cost, ""),
  ];
}

/**
 * @param {keyof typeof sparks} id
 * @param {State} state
 * @param {Tile} options
 * @param {(value: Figure) => string} write
 * @param {string} unit
 * @param {Partial<Wording>} [options]
 */
function made(id, state, { value, before, at }, write, unit, { kind, bad = Infinity, up = "", down = "" } = {}) {
  return {
    id,
    value: write(value),
    unit: value === null ? "" : unit,
    at: at ?? null,
    change: changed(value, before, { kind, bad, up, down }),
    spark: sparks[id](state),
  };
}

/**
 * The tile of two waits: p50, with p95 beside it. The change is that of p95.
 * @param {Tile} half
 * @param {Tile} slow
 */
function waits(half, slow) {
  const [value, ...rest] = duration(half.value).split(" ");
  const unit = half.value === null ? "" : `${rest.join(" ")} / ${duration(slow.value)}`;
  return { value, unit, change: changed(slow.value, slow.before, { bad: BAD, up: "slower", down: "faster" }) };
}

/**
 * @param {Figure} value
 * @param {Figure} before
 * @param {Wording} options
 */
function changed(value, before, { kind, bad, up, down }) {
  const found = change(value, before, kind);
  if (!found) return null;
  const sign = { up: "▲ ", down: "▼ ", same: "" }[found.way];
  const word = { up, down, same: "" }[found.way];
  return { words: `${sign}${found.words}${word ? ` ${word}` : ""}`, bad: found.size >= bad };
}

/**
 * A figure of a session: the name of its definition, its label, its text, and how it is shown.
 * @typedef {[string, string, string, { title?: string | null, bad?: boolean, apart?: boolean, why?: string }?]} Entry
 */

/**
 * The figures of a session: eight main ones, then the lesser ones. `key` is the figure's definition; `why` says why it
 * is unknown.
 * @param {any} row
 * @param {number} now
 */
export function session(row, now) {
  /** @type {Entry[]} */
  const main = [
    ["message_count", "Messages", count(row.message_count)],
    ["total_tokens", "Tokens", count(row.total_tokens)],
    ["total_cost", "Cost", cost(row.total_cost)],
    [
      "last_message_at",
      "Last message",
      ago(row.last_message_at, now),
      { title: exact(row.last_message_at), why: WHY.message },
    ],
    ["average_response_time", "Average wait", duration(answered(row, "average_response_time")), { why: WHY.answer }],
    [
      "conversation_duration",
      "Duration",
      duration(row.message_count ? row.conversation_duration : null),
      { why: WHY.message },
    ],
    ["user_messages", "By the user", count(row.user_messages)],
    ["assistant_messages", "By the assistant", count(row.assistant_messages)],
  ];
  return [...main.map(entry(false)), ...rest(row).map(entry(true)), ...models(row)];
}

/** @param {boolean} lesser */
const entry =
  (lesser) =>
  /** @param {Entry} entry */
  ([key, name, words, { title = null, bad = false, apart = false, why = "" } = {}]) => ({
    key,
    name,
    words,
    title,
    bad,
    lesser,
    apart,
    why: words === UNKNOWN ? why : "",
  });

/**
 * A mean over no answers is sent as 0, as the chat application does; here it is unknown.
 * @param {any} row
 * @param {string} name
 */
const answered = (row, name) => (row.responses ? row[name] : null);

/**
 * @param {any} row
 * @param {string} of
 * @returns {Entry}
 */
const wait = (row, of) => [`response_${of}`, `Wait ${of}`, duration(row[`response_${of}`]), { why: WHY.answer }];

/**
 * @param {any} row
 * @returns {Entry[]}
 */
const rest = (row) => [
  ...["p50", "p95", "p99"].map((of) => wait(row, of)),
  ["average_time_to_start", "Time to start", duration(answered(row, "average_time_to_start")), { why: WHY.answer }],
  ["responses", "Answers", count(row.responses)],
  ["skewed_responses", "Skewed answers", count(row.skewed_responses), { bad: row.skewed_responses > 0 }],
  ["prompt_tokens", "Prompt tokens", count(row.prompt_tokens)],
  ["completion_tokens", "Completion tokens", count(row.completion_tokens)],
  ["messages_per_minute", "Messages a minute", count(row.messages_per_minute), { why: WHY.time }],
  ["engagement", "Engagement", share(row.engagement), { why: WHY.time }],
  ["active_seconds", "Active time", duration(row.active_seconds)],
  ["idle_seconds", "Idle time", duration(row.idle_seconds)],
  ["failed_messages", "Failed", count(row.failed_messages), { bad: row.failed_messages > 0 }],
  ["pending_messages", "Pending", count(row.pending_messages)],
  ["failed_operations", "Failed operations", count(row.failed_operations), { bad: row.failed_operations > 0 }],
  ["votes", "Votes up / down", `${count(row.votes_up)} / ${count(row.votes_down)}`],
  [
    "shadow_cost",
    "Shadow cost",
    cost(row.shadow_cost),
    { title: "an estimate, charged to nobody", apart: true, why: WHY.price },
  ],
];

/** @param {any} row */
const models = (row) =>
  Object.entries(row.models ?? {}).map(([name, of]) => ({
    key: "",
    name,
    title: null,
    bad: false,
    lesser: true,
    wide: true,
    words: [`${count(of.messages)} messages`, `${count(of.tokens)} tokens`, of.cost ? cost(of.cost) : null]
      .filter(Boolean)
      .join(" · "),
  }));

/**
 * One line on what a session is: state, kind, owner, begin, end.
 * @param {any} row
 * @param {number} now
 */
export function facts(row, now) {
  const ended = row.ended_at
    ? {
        words: `ended ${ago(row.ended_at, now)}${row.end_reason ? ` (${row.end_reason})` : ""}`,
        title: exact(row.ended_at),
      }
    : null;
  return [
    row.owner ? { words: `by ${row.owner}` } : null,
    row.session_type ? { words: row.session_type } : null,
    row.started_at ? { words: `started ${ago(row.started_at, now)}`, title: exact(row.started_at) } : null,
    ended,
  ].flatMap((fact) => fact ?? []);
}

/**
 * A curl command that sends one CloudEvent. The shell fills in time and id.
 * @param {string} url
 * @param {string} key
 */
export function curl(url, key) {
  const stamp = "'$(date +%s)'";
  return [
    `curl -X POST ${url}/api/v1/events \\`,
    `  -H 'Authorization: Bearer ${key || "YOUR_KEY"}' \\`,
    "  -H 'Content-Type: application/cloudevents+json' \\",
    `  -d '{"specversion":"1.0","type":"message","source":"/hello","id":"hello-${stamp}",`,
    `       "time":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'",`,
    `       "data":{"message_id":"hello-${stamp}","session_id":"hello","user_id":"me",`,
    `               "role":"user","status":"completed"}}'`,
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
 * @param {any[][]} rows
 */
export function csv(columns, rows) {
  /** @param {any} value */
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    return typeof value === "string" ? `"${value.replace(RISKY, "$1'").replace(/"/g, '""')}"` : String(value);
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
