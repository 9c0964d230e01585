/** The traces of a session's timeline: messages by role and status, tokens as thin bars, errors, votes, operations. */

import { epoch } from "../lib/format.js";
import { ROLES } from "../models/select.js";
import { failures, nameless } from "./session-lanes.js";
import { hover, spoken, voted, worked } from "./session-words.js";
import { toMs } from "./template.js";

/**
 * @import { Mark, OperationRow, TimedMessage, VoteRow } from "../lib/frames.js"
 * @import { Colour } from "./colours.js"
 * @import { Rows } from "./session-timeline.js"
 * @import { Look, Options } from "./types.js"
 */

/** @type {Record<string, string>} */
const SHAPES = { user: "circle", assistant: "square", system: "triangle-up", tool: "diamond" };
const RING = 17;

/**
 * @param {string} role
 * @param {string} status
 */
export const named = (role, status) => (status === "completed" ? role : `${role}, ${status}`);
export const COLOURS = {
  /**
   * @param {string} role
   * @param {string} status
   * @param {Look} look
   */
  message: (role, status, look) => (status === "failed" ? look.critical : look.role(role)),
  /** @type {Record<string, Colour>} */
  vote: { up: "good", down: "warning" },
  /** @type {Record<string, Colour>} */
  operation: { ok: "edge", failed: "critical", timeout: "warning" },
};
const SIGNS = {
  /** @type {Record<string, string>} */
  vote: { up: "triangle-up", down: "triangle-down" },
  /** @type {Record<string, string>} */
  operation: { ok: "circle", failed: "x", timeout: "diamond-open" },
};

/** @typedef {TimedMessage | VoteRow | OperationRow | Mark} Thing what stands on the timeline */

/** @param {Thing} row */
const x = (row) => toMs(epoch(row.at));

/**
 * The messages by role and status, in a fixed order. A group is one trace.
 * @param {TimedMessage[]} messages
 */
export function groups(messages) {
  /** @type {{ role: string, status: string, messages: TimedMessage[] }[]} */
  const found = [];
  for (const status of ["completed", "pending", "failed"]) {
    for (const role of ROLES) {
      const members = messages.filter((message) => message.role === role && message.status === status);
      if (members.length) found.push({ role, status, messages: members });
    }
  }
  return found;
}

/**
 * The symbol of a message: a cross for failed, hollow for pending, else the shape of its role.
 * @param {string} role
 * @param {string} status
 */
export function symbol(role, status) {
  if (status === "failed") return role === "assistant" ? "x" : "x-thin-open";
  return status === "pending" ? `${SHAPES[role]}-open` : SHAPES[role];
}

/**
 * What is drawn, in the order of the traces. Point i of a trace stands for rows[floor(i / of)].
 * @typedef {{ rows: Thing[], of: number, draw: (look: Look) => Options }} Part
 */

/**
 * Only which lanes there are matters of `place`, not how large they are.
 * @param {Rows} data
 * @param {Pick<ReturnType<typeof import("./session-lanes.js").lanes>, "tokens" | "strip">} place
 * @returns {Part[]}
 */
export function parts(data, place) {
  const { messages, votes, operations } = data;
  const [errors, outliers] = [failures(data), messages.filter((message) => message.outlier)];
  const chosen = messages.filter((message) => message.id === data.selected);
  /**
   * The marks of a lane, if the timeline has it.
   * @param {string} name
   * @param {Thing[]} rows
   * @param {(look: Look) => Mark_[]} draw
   * @returns {Part[]}
   */
  const lane = (name, rows, draw) =>
    place.strip(name) < 0 ? [] : [{ rows, of: 1, draw: (look) => strip(rows, name, place.strip(name), draw(look)) }];
  /** @type {Part[]} */
  const spans =
    place.strip("operations") < 0
      ? []
      : [{ rows: operations, of: 3, draw: (look) => durations(operations, place.strip("operations"), look) }];
  return [
    ...groups(messages).map((group) => ({
      rows: group.messages,
      of: 1,
      draw: (/** @type {Look} */ look) => answers(group, look),
    })),
    ...(place.tokens ? bars(messages) : []),
    ...spans,
    ...lane("errors", errors, (look) => errors.map(() => ({ symbol: "x", color: look.critical, size: 8 }))),
    ...lane("votes", votes, (look) => votes.map((row) => sign(row, look))),
    ...lane("operations", operations, (look) => operations.map((row) => outcome(row, look))),
    ...rings(outliers, "warning", RING),
    ...rings(chosen, "accent", RING + 6),
  ];
}

/** @typedef {{ symbol: string, color: string, size: number }} Mark_ a mark of a lane */

/**
 * @param {VoteRow} row
 * @param {Look} look
 */
const sign = (row, look) => ({
  symbol: SIGNS.vote[row.value] ?? "line-ew-open",
  color: look[COLOURS.vote[row.value] ?? "edge"],
  size: 10,
});
/**
 * @param {OperationRow} row
 * @param {Look} look
 */
const outcome = (row, look) => ({
  symbol: SIGNS.operation[row.outcome],
  color: look[COLOURS.operation[row.outcome]],
  size: row.outcome === "ok" ? 7 : 9,
});

/**
 * The id of the message that a row belongs to, or null.
 * @param {Thing} row
 */
export const meant = (row) => ("role" in row ? row.id : "message_id" in row ? row.message_id || null : null);

/** @param {Thing} row */
const hoverOf = (row) =>
  hover("role" in row ? spoken(row) : "operation" in row ? worked(row) : "value" in row ? voted(row) : []);
const HOVER = { cliponaxis: false, showlegend: false };

/**
 * @param {Thing[]} rows
 * @param {string} name
 * @param {number[]} y
 * @param {Options} marker
 * @param {Options} [more]
 */
const points = (rows, name, y, marker, more = {}) => ({
  type: "scatter",
  mode: "markers",
  name,
  x: rows.map(x),
  y,
  text: rows.map(hoverOf),
  marker,
  ...HOVER,
  ...more,
});

/**
 * @param {ReturnType<typeof groups>[number]} group
 * @param {Look} look
 */
function answers({ role, status, messages }, look) {
  const color = COLOURS.message(role, status, look);
  const line = { width: status === "completed" ? 0 : 2, color };
  return points(
    messages,
    named(role, status),
    messages.map((message) => message.wait ?? 0),
    { symbol: symbol(role, status), color, size: status === "failed" ? 10 : 8, opacity: 0.9, line },
  );
}

/**
 * A ring around each message.
 * @param {TimedMessage[]} rows
 * @param {"warning" | "accent"} colour
 * @param {number} size
 * @returns {Part[]}
 */
function rings(rows, colour, size) {
  const y = rows.map((message) => message.wait ?? 0);
  /** @param {Look} look */
  const draw = (look) =>
    points(rows, "chosen", y, {
      ...{ symbol: "circle-open", size, color: look[colour] },
      line: { width: 2, color: look[colour] },
    });
  return rows.length ? [{ rows, of: 1, draw }] : [];
}

/**
 * @param {Thing[]} rows
 * @param {string} name
 * @param {number} level
 * @param {Mark_[]} found
 */
function strip(rows, name, level, found) {
  const color = found.map((one) => one.color);
  const marker = {
    symbol: found.map((one) => one.symbol),
    color,
    size: found.map((one) => one.size),
    opacity: 0.95,
    line: { width: found.map((one) => (one.symbol.endsWith("-open") ? 1.8 : 0)), color },
  };
  return points(
    rows,
    name,
    rows.map(() => level),
    marker,
    { yaxis: "y3" },
  );
}

/** @typedef {(row: TimedMessage) => number} Tokens of a message */

/**
 * The durations of operations, as lines that end at the times of their events.
 * @param {OperationRow[]} operations
 * @param {number} level
 * @param {Look} look
 */
function durations(operations, level, look) {
  const ends = operations.flatMap((row) => [x(row) - (row.duration ?? 0) * 1000, x(row), null]);
  const line = { color: look.edge, width: 3 };
  return {
    type: "scatter",
    mode: "lines",
    name: "durations",
    x: ends,
    y: operations.flatMap(() => [level, level, null]),
    yaxis: "y3",
    hoverinfo: "skip",
    line,
    showlegend: false,
  };
}

/**
 * The tokens of each message, from the axis upwards: prompt, completion, then tokens of unknown kind.
 * @param {TimedMessage[]} messages
 * @returns {Part[]}
 */
function bars(messages) {
  /** @type {[string, (look: Look) => string, Tokens, Tokens][]} */
  const kinds = [
    ["prompt tokens", (look) => look.role("user"), () => 0, (row) => row.prompt_tokens ?? 0],
    [
      "completion tokens",
      (look) => look.role("assistant"),
      (row) => row.prompt_tokens ?? 0,
      (row) => row.completion_tokens ?? 0,
    ],
    [
      "tokens, kind not told",
      (look) => look.edge,
      (row) => (row.prompt_tokens ?? 0) + (row.completion_tokens ?? 0),
      nameless,
    ],
  ];
  return kinds.flatMap(([name, colour, from, size]) => {
    const rows = messages.filter((row) => size(row) > 0);
    return rows.length ? [{ rows, of: 3, draw: (look) => bar(name, rows, colour(look), from, size) }] : [];
  });
}

/**
 * All bars as one path: thousands of bars cost no more than one.
 * @param {string} name
 * @param {TimedMessage[]} rows
 * @param {string} color
 * @param {(row: TimedMessage) => number} from
 * @param {(row: TimedMessage) => number} size
 */
function bar(name, rows, color, from, size) {
  /**
   * @template T
   * @param {(row: TimedMessage) => T} pick
   */
  const three = (pick) => rows.flatMap((row) => [pick(row), pick(row), null]);
  return {
    type: "scatter",
    mode: "lines",
    name,
    x: three(x),
    y: rows.flatMap((row) => [from(row), from(row) + size(row), null]),
    yaxis: "y2",
    text: three(hoverOf),
    line: { color, width: 3 },
    ...HOVER,
    cliponaxis: true,
  };
}
