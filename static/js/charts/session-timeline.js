/** One session on one axis of time: waits, tokens, errors, votes and operations, each in a lane of its own. */

import { count, day, duration, epoch, exact, moment } from "../lib/format.js";
import { slowness } from "../models/select.js";
import { IDLE, idle, lanes, marks, nameless } from "./session-lanes.js";
import { COLOURS, groups, meant, named, parts } from "./session-traces.js";
import { answered, cause, done, of, plain } from "./session-words.js";
import { largest, layout, leftMargin, timeAxis } from "./template.js";

/**
 * @import { Mark, OperationRow, TimedMessage, VoteRow } from "../lib/frames.js"
 * @import { SessionRows, State } from "../lib/types.js"
 * @import { Chart, Look } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const TOP = 38;
const BOTTOM = 26;

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
function rows(state) {
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

/** @typedef {TimedMessage | VoteRow | OperationRow | Mark} Thing */
/** @typedef {[Thing, string, string, number | null, number | null]} Line a row of the table, before its first cell */

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
 * The legend above the plot.
 * @param {Rows} data
 * @param {Look} look
 */
function key(data, look) {
  const messages = groups(data.messages).map(({ role, status }) => ({
    name: named(role, status),
    colour: COLOURS.message(role, status, look),
    sign: status === "failed" ? (role === "assistant" ? "✖" : "✕") : GLYPHS[role][status === "pending" ? 1 : 0],
  }));
  /** @type {[boolean, string, string, string][]} */
  const entries = [
    [data.messages.some((message) => Boolean(message.outlier)), "◯", "unusually slow", look.warning],
    [data.messages.some((message) => message.prompt_tokens > 0), "▮", "prompt tokens", look.role("user")],
    [data.messages.some((message) => message.completion_tokens > 0), "▮", "completion tokens", look.role("assistant")],
    [data.messages.some((message) => nameless(message) > 0), "▮", "tokens, kind not told", look.edge],
    [data.votes.some((vote) => vote.value === "up"), "▲", "vote up", look.good],
    [data.votes.some((vote) => vote.value === "down"), "▼", "vote down", look.warning],
  ];
  return [...messages, ...entries.filter(([there]) => there).map(([, sign, name, colour]) => ({ sign, name, colour }))];
}

/** @param {Rows} data */
function summary(data) {
  const waits = data.messages.map((message) => message.wait).filter((wait) => wait !== null);
  const longest = waits.length ? `, the longest wait ${duration(largest(waits))}` : "";
  const [outliers, operations] = [data.messages.filter((message) => message.outlier).length, data.operations.length];
  const idle = duration(data.gaps.reduce((sum, gap) => sum + gap.end - gap.start, 0));
  const failed = of(data.messages, "status", "failed");
  return [
    `Messages shown: ${count(data.messages.length)}${longest}; slow answers: ${waits.filter(slowness).length}; ` +
      `failed messages: ${failed}.`,
    outliers && `Unusually slow: ${outliers}.`,
    data.votes.length && `Votes: ${of(data.votes, "value", "up")} up, ${of(data.votes, "value", "down")} down.`,
    operations &&
      `Operations: ${operations}, of which ${operations - of(data.operations, "outcome", "ok")} failed or timed out.`,
    data.gaps.length && `Idle gaps: ${data.gaps.length}, together ${idle}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

/** @type {Chart<Rows>} */
export const timeline = {
  id: "timeline",
  nothing: "No messages yet.",
  rows,
  sub: (state) =>
    [
      `${dates(state)}how long each answer took`,
      `shaded where nothing came for over ${duration(gapOf(state))}`,
      exact(state.now).split(" ").slice(2).join(" "), // the zone
    ].join(" · "),
  isEmpty: (data) => !data.messages.length && !data.operations.length && !data.votes.length,
  key,
  summary,

  /** To the row of the message. The page removes `#message=` from the address. */
  link(data, { curve = -1, index, row }) {
    const part = row === undefined ? parts(data, lanes(data, { height: 400, width: 800 }))[curve] : null;
    const found = row === undefined ? part?.rows[Math.floor(index / (part?.of ?? 1))] : ordered(data)[row]?.[0];
    const id = found ? meant(found) : null;
    return id === null ? null : `#message=${encodeURIComponent(id)}`;
  },

  figure(data, look, size) {
    const span = ends(data);
    const place = lanes(data, { height: size.height - TOP - BOTTOM, width: size.width });
    const axes = place.axes(look);
    const left = leftMargin(...Object.values(axes));
    return {
      data: parts(data, place).map((part) => part.draw(look)),
      layout: layout(look, size, {
        hovermode: "closest",
        hoverdistance: 12,
        margin: { l: left, r: 14, t: TOP, b: BOTTOM },
        xaxis: timeAxis(span, (span[1] - span[0]) * 0.04, look, size, { anchor: place.lowest, showspikes: false }),
        ...axes,
        ...marks(data, { span, look, width: size.width - left - 14, place }),
      }),
    };
  },

  table: (data) => ({
    columns: ["Time", "What", "Details", "Seconds", "Tokens"],
    write: (value, column) => (column === 3 ? duration(value) : count(value)),
    rows: ordered(data).map(([row, ...rest]) => [exact(row.at), ...rest]),
  }),
};
