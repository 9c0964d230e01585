/** What the tiles and a session's definition list say: figures in words, without a page. */

import { change, cost, count, duration, exact, percent, ago } from "./format.js";
import { sparks } from "./select.js";

const BAD = 0.1;
const BAD_POINTS = 0.005;

/** The six tiles of the overview: {id, value, unit, change, at, spark}. */
export function tiles(state) {
  const tile = (name) => state.tiles?.[name] ?? { value: null, before: null, at: null };
  const wait = tile("response_p50");
  return [
    made("active", state, tile("active_sessions"), count, ""),
    made("messages", state, tile("messages_per_minute"), count, "/min"),
    { ...made("response", state, wait, duration, ""), ...waits(wait, tile("response_p95")) },
    made("errors", state, tile("error_rate"), percent, "%", { kind: "points", bad: BAD_POINTS, up: "more", down: "fewer" }),
    made("tokens", state, tile("tokens_per_minute"), count, "/min"),
    made("cost", state, tile("cost_today"), cost, ""),
  ];
}

function made(id, state, { value, before, at }, write, unit, { kind, bad = Infinity, up = "", down = "" } = {}) {
  return {
    id, value: write(value), unit: value === null ? "" : unit, at: at ?? null, change: changed(value, before, { kind, bad, up, down }),
    spark: sparks[id](state),
  };
}

/** Two figures in one tile: the half's wait large, the slow end beside it. The slow end's change counts. */
function waits(half, slow) {
  const [value, ...rest] = duration(half.value).split(" ");
  const unit = half.value === null ? "" : `${rest.join(" ")} / ${duration(slow.value)}`;
  return { value, unit, change: changed(slow.value, slow.before, { bad: BAD, up: "slower", down: "faster" }) };
}

function changed(value, before, { kind, bad, up, down }) {
  const found = change(value, before, kind);
  if (!found) return null;
  const sign = { up: "▲ ", down: "▼ ", same: "" }[found.way];
  const word = { up, down, same: "" }[found.way];
  return { words: `${sign}${found.words}${word ? ` ${word}` : ""}`, bad: found.size >= bad };
}

/** The figures of a session: the eight first, then the rest as lesser ones. */
export function session(row, now) {
  const main = [
    ["Messages", count(row.message_count)], ["Tokens", count(row.total_tokens)], ["Cost", cost(row.total_cost)],
    ["Last message", ago(row.last_message_at, now), exact(row.last_message_at)],
    ["Average wait", duration(row.average_response_time)], ["Duration", duration(row.conversation_duration)],
    ["By the user", count(row.user_messages)], ["By the assistant", count(row.assistant_messages)],
  ];
  const rest = [
    ["Wait p50", duration(row.response_p50)], ["Wait p95", duration(row.response_p95)], ["Wait p99", duration(row.response_p99)],
    ["Time to start", duration(row.average_time_to_start)], ["Answers", count(row.responses)],
    ["Tokens in / out", `${count(row.prompt_tokens)} / ${count(row.completion_tokens)}`],
    ["Failed", count(row.failed_messages), null, row.failed_messages > 0], ["Pending", count(row.pending_messages)],
  ];
  const models = Object.entries(row.models ?? {}).map(([name, of]) => [name, `${count(of.messages)} messages · ${count(of.tokens)} tokens`]);
  const entry = (lesser) => ([name, words, title = null, bad = false]) => ({ name, words, title, bad, lesser });
  return [...main.map(entry(false)), ...rest.map(entry(true)), ...models.map(entry(true)).map((one) => ({ ...one, wide: true }))];
}

/** One line on what a session is: state, kind, owner, begin, end. */
export function facts(row, now) {
  const ended = row.ended_at ? { words: `ended ${ago(row.ended_at, now)}${row.end_reason ? ` (${row.end_reason})` : ""}`, title: exact(row.ended_at) } : null;
  return [
    row.owner ? { words: `by ${row.owner}` } : null, row.session_type ? { words: row.session_type } : null,
    row.started_at ? { words: `started ${ago(row.started_at, now)}`, title: exact(row.started_at) } : null, ended,
  ].filter(Boolean);
}

/** A CloudEvent that works when pasted: the shell fills in time and id. */
export function curl(url, key) {
  const stamp = "'$(date +%s)'";
  return [
    `curl -X POST ${url}/api/v1/events \\`, `  -H 'Authorization: Bearer ${key || "YOUR_KEY"}' \\`,
    "  -H 'Content-Type: application/cloudevents+json' \\",
    `  -d '{"specversion":"1.0","type":"message","source":"/hello","id":"hello-${stamp}",`,
    `       "time":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'",`,
    `       "data":{"message_id":"hello-${stamp}","session_id":"hello","user_id":"me",`,
    `               "role":"user","status":"completed"}}'`,
  ].join("\n");
}

/** Rows as a comma-separated file; a cell that a spreadsheet would run as a formula is defused. */
export function csv(columns, rows) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    const text = typeof value === "string" && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
