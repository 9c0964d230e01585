/** One session on one axis of time: waits, tokens, errors, votes and operations, each in a lane of its own. */

import { count, day, duration, epoch, exact, moment } from "../lib/format.js";
import { slowness } from "../models/select.js";
import { IDLE, idle, lanes, marks, nameless } from "./session-lanes.js";
import { COLOURS, groups, meant, named, parts } from "./session-traces.js";
import { answered, cause, done, of, plain } from "./session-words.js";
import { largest, layout, leftMargin, timeAxis } from "./template.js";

/**
 * @import { SessionRows, State } from "../lib/types.js"
 * @import { Look, Point, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

export { groups, symbol } from "./session-traces.js";

const TOP = 38;
const BOTTOM = 26;

export const id = "timeline";
/** @param {State} state */
export const sub = (state) =>
  [
    `${dates(state)}answers at the seconds a person waited`,
    `shaded where nothing came for over ${duration(gapOf(state))}`,
    zoneWords(state),
  ].join(" · ");
export const nothing = "No messages yet.";
/** @param {Rows} data */
export const isEmpty = (data) => !data.messages.length && !data.operations.length && !data.votes.length;

/** @param {State} state */
const zoneWords = (state) => exact(state.now).split(" ").slice(2).join(" ");
/** @param {State} state */
const gapOf = (state) => state.session?.idle_gap ?? IDLE;
/**
 * @template {{ at: string | null }} T
 * @param {T[]} [rows]
 */
const timed = (rows = []) => rows.filter((row) => moment(row.at) !== null);
/**
 * The times of all rows, ms.
 * @param {SessionRows & Pick<State, "marks">} options
 */
const times = ({ messages, votes, operations, marks = [] }) =>
  [...messages, ...(votes ?? []), ...(operations ?? []), ...marks].flatMap((row) => moment(row.at) ?? []);

/** @param {number} ms */
const dateWords = (ms) =>
  new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" }).format(ms);

/**
 * The first and last date of a session that is not all of today. The axis has hours alone.
 * @param {State} state
 */
function dates(state) {
  const all = times(state);
  const [first, last] = [least(all), largest(all)];
  if (!all.length || [first, last].every((ms) => day(ms) === day(moment(state.now) ?? 0))) return "";
  return `${day(first) === day(last) ? dateWords(first) : `${dateWords(first)} to ${dateWords(last)}`} · `;
}

/** @param {number[]} values */
const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);

/**
 * The rows with a known time, the idle gaps between messages, and the id of the chosen message.
 * @param {State} state
 */
export function rows(state) {
  const messages = timed(state.messages);
  return {
    messages,
    votes: timed(state.votes),
    operations: timed(state.operations),
    marks: timed(state.marks),
    gaps: idle(messages, gapOf(state)),
    selected: state.selected ?? null,
  };
}

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const span = ends(data);
  const place = lanes(data, { height: size.height - TOP - BOTTOM, width: size.width });
  const axes = place.axes(look);
  const left = leftMargin(...Object.values(axes));
  const paper = { span, look, width: size.width - left - 14, height: size.height - TOP - BOTTOM, place };
  const beside = marks(data, paper);
  const more = {
    hovermode: "closest",
    hoverdistance: 12,
    margin: { l: left, r: 14, t: TOP, b: BOTTOM },
    xaxis: timeAxis(span, (span[1] - span[0]) * 0.04, look, size, { anchor: place.lowest, showspikes: false }),
    ...axes,
    shapes: beside.shapes,
    annotations: beside.annotations,
  };
  return { data: parts(data, place).map((part) => part.draw(look)), layout: layout(look, size, more) };
}

/**
 * First and last time, epoch seconds. They are at least two minutes apart, so that a young session does not look like a
 * long one.
 * @param {Rows} data
 */
function ends(data) {
  const all = times(data);
  if (!all.length) return [0, 120];
  const [first, end] = [least(all) / 1000, largest(all) / 1000];
  return end - first < 120 ? [first - 10, first + 110] : [first, end];
}

/** @type {Record<string, string>} */
const GLYPHS = { user: "●○", assistant: "■□", system: "▲△", tool: "◆◇" };

/**
 * The legend above the plot: {sign, name, colour}.
 * @param {Rows} data
 * @param {Look} look
 */
export function key(data, look) {
  const messages = groups(data.messages).map(({ role, status }) => ({
    name: named(role, status),
    colour: COLOURS.message(role, status, look),
    sign: status === "failed" ? (role === "assistant" ? "✖" : "✕") : GLYPHS[role][status === "pending" ? 1 : 0],
  }));
  const entries = [
    [data.messages.some((message) => message.outlier), "◯", "outlier", look.warning],
    [data.messages.some((message) => message.prompt_tokens > 0), "▮", "prompt tokens", look.role("user")],
    [data.messages.some((message) => message.completion_tokens > 0), "▮", "completion tokens", look.role("assistant")],
    [data.messages.some((message) => nameless(message) > 0), "▮", "tokens, kind not told", look.edge],
    [data.votes.some((vote) => vote.value === "up"), "▲", "vote up", look.good],
    [data.votes.some((vote) => vote.value === "down"), "▼", "vote down", look.warning],
  ];
  return [...messages, ...entries.filter(([there]) => there).map(([, sign, name, colour]) => ({ sign, name, colour }))];
}

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const waits = data.messages.map((message) => message.wait).filter((wait) => typeof wait === "number");
  const failed = data.messages.filter((message) => message.status === "failed").length;
  const slow = waits.filter(slowness).length;
  const longest = waits.length ? `, the longest wait ${duration(largest(waits))}` : "";
  const parts = [
    `Messages shown: ${count(data.messages.length)}${longest}; slow answers: ${slow}; failed messages: ${failed}`,
    phrase(data.messages.filter((message) => message.outlier).length, (n) => `outliers: ${n}`),
    phrase(
      data.votes.length,
      () => `votes: ${of(data.votes, "value", "up")} up, ${of(data.votes, "value", "down")} down`,
    ),
    phrase(
      data.operations.length,
      (n) => `operations: ${n}, of which ${n - of(data.operations, "outcome", "ok")} failed or timed out`,
    ),
    phrase(
      data.gaps.length,
      (n) => `idle gaps: ${n}, together ${duration(data.gaps.reduce((sum, gap) => sum + gap.end - gap.start, 0))}`,
    ),
  ];
  return parts
    .flatMap((part) => part ?? [])
    .map((part) => `${part[0].toUpperCase()}${part.slice(1)}.`)
    .join(" ");
}

/**
 * @param {number} n
 * @param {(n: number) => string} words
 */
const phrase = (n, words) => (n ? words(n) : null);

/** @typedef {[any, string, string, number | null, number | null]} Line a row of the table, before its first cell */

/** @type {WeakMap<Rows, Line[]>} */
const inOrder = new WeakMap();

/**
 * All rows in order of time, each with its cells. Seconds are of a wait or of an operation.
 * @param {Rows} data
 * @returns {Line[]}
 */
function ordered(data) {
  const before = inOrder.get(data);
  if (before) return before;
  /** @type {Line[]} */
  const all = [];
  for (const row of data.messages) {
    all.push([row, `${row.role}, ${row.status}`, plain(answered(row)), row.wait, row.tokens]);
  }
  for (const row of data.votes) all.push([row, `vote ${row.value}`, row.message_id ?? "", null, null]);
  for (const row of data.operations) all.push([row, `operation, ${row.outcome}`, plain(done(row)), row.duration, null]);
  for (const row of data.marks) all.push([row, `session ${row.kind}`, cause(row), null, null]);
  all.sort((a, b) => epoch(a[0].at) - epoch(b[0].at));
  inOrder.set(data, all);
  return all;
}

/**
 * Where a click leads: to the row of the message. The page removes `#message=` from the address.
 * @param {Rows} data
 * @param {Point} point
 */
export function link(data, { curve, index, row }) {
  const part = row === undefined ? parts(data, lanes(data, { height: 400, width: 800 }))[curve] : null;
  const found = row === undefined ? part?.rows[Math.floor(index / (part?.of ?? 1))] : ordered(data)[row]?.[0];
  const id = found ? meant(found) : null;
  return id === null ? null : `#message=${encodeURIComponent(id)}`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Time", "What", "Details", "Seconds", "Tokens"],
  write: (value, column) => (column === 3 ? duration(value) : column === 4 ? count(value) : String(value)),
  rows: ordered(data).map(([row, ...rest]) => [exact(row.at), ...rest]),
});
