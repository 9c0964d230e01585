/** The traces of a session's timeline: messages by role and status, tokens as thin bars, errors, votes, operations. */

import { epoch } from "../lib/format.js";
import { ROLES } from "../models/select.js";
import { failures, nameless } from "./session-lanes.js";
import { hover, spoken, voted, worked } from "./session-words.js";
import { toMs } from "./template.js";

/**
 * @import { OperationRow, TimedMessage } from "../lib/frames.js"
 * @import { Rows } from "./session-timeline.js"
 * @import { Look } from "./types.js"
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
  /** @type {Record<string, string>} */
  vote: { up: "good", down: "warning" },
  /** @type {Record<string, string>} */
  operation: { ok: "edge", failed: "critical", timeout: "warning" },
};
const SIGNS = {
  /** @type {Record<string, string>} */
  vote: { up: "triangle-up", down: "triangle-down" },
  /** @type {Record<string, string>} */
  operation: { ok: "circle", failed: "x", timeout: "diamond-open" },
};

/** @param {any} row */
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
 * What is drawn, in the order of the traces: {draw(look), rows, of}. Point i of a trace stands for rows[floor(i / of)].
 * Only which lanes there are matters of `place`, not how large they are.
 * @param {Rows} data
 * @param {ReturnType<typeof import("./session-lanes.js").lanes>} place
 */
export function parts(data, place) {
  const { messages, votes, operations } = data;
  /** @type {[string, any[], (row: any, look: Look) => { symbol: string, color: string, size: number }][]} */
  const all = [
    ["errors", failures(data), failed],
    ["votes", votes, sign],
    ["operations", operations, outcome],
  ];
  const strips = all.filter(([name]) => place.strip(name) >= 0);
  /** @type {[TimedMessage[], string, number][]} */
  const rings = [
    [messages.filter((message) => message.outlier), "warning", RING],
    [messages.filter((message) => message.id === data.selected), "accent", RING + 6],
  ];
  return [
    ...groups(messages).map((group) => ({
      rows: group.messages,
      of: 1,
      draw: (/** @type {Look} */ look) => answers(group, look),
    })),
    ...(place.tokens ? bars(messages) : []),
    ...(place.strip("operations") >= 0
      ? [
          {
            rows: operations,
            of: 3,
            draw: (/** @type {Look} */ look) => spans(operations, place.strip("operations"), look),
          },
        ]
      : []),
    ...strips.map(([name, rows, mark]) => ({
      rows,
      of: 1,
      draw: (/** @type {Look} */ look) => strip(rows, name, place.strip(name), (row) => mark(row, look)),
    })),
    ...rings
      .filter(([rows]) => rows.length)
      .map(([rows, colour, size]) => ({
        rows,
        of: 1,
        draw: (/** @type {Look} */ look) => ring(rows, look[colour], size),
      })),
  ];
}

/**
 * @param {any} _row
 * @param {Look} look
 */
const failed = (_row, look) => ({ symbol: "x", color: look.critical, size: 8 });
/**
 * @param {any} row
 * @param {Look} look
 */
const sign = (row, look) => ({
  symbol: SIGNS.vote[row.value] ?? "line-ew-open",
  color: look[COLOURS.vote[row.value] ?? "edge"],
  size: 10,
});
/**
 * @param {any} row
 * @param {Look} look
 */
const outcome = (row, look) => ({
  symbol: SIGNS.operation[row.outcome],
  color: look[COLOURS.operation[row.outcome]],
  size: row.outcome === "ok" ? 7 : 9,
});

/**
 * The id of the message that a row belongs to, or null.
 * @param {any} row
 */
export const meant = (row) => (row.role ? row.id : row.message_id || null);

/** @param {any} row */
const hoverOf = (row) => hover(row.role ? spoken(row) : row.operation ? worked(row) : voted(row));
const HOVER = { hovertemplate: "%{text}<extra></extra>", cliponaxis: false, showlegend: false };

/**
 * @param {any[]} rows
 * @param {string} name
 * @param {any[]} y
 * @param {any} marker
 * @param {any} [more]
 */
function points(rows, name, y, marker, more = {}) {
  return {
    type: "scatter",
    mode: "markers",
    name,
    x: rows.map(x),
    y,
    text: rows.map(hoverOf),
    marker,
    ...HOVER,
    ...more,
  };
}

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
 * @param {TimedMessage[]} rows
 * @param {string} color
 * @param {number} size
 */
const ring = (rows, color, size) =>
  points(
    rows,
    "chosen",
    rows.map((message) => message.wait ?? 0),
    { symbol: "circle-open", color, size, line: { width: 2, color } },
  );

/**
 * @param {any[]} rows
 * @param {string} name
 * @param {number} level
 * @param {(row: any) => { symbol: string, color: string, size: number }} mark
 */
function strip(rows, name, level, mark) {
  const found = rows.map(mark);
  const marker = {
    symbol: found.map((one) => one.symbol),
    color: found.map((one) => one.color),
    size: found.map((one) => one.size),
    opacity: 0.95,
    line: { width: found.map((one) => (one.symbol.endsWith("-open") ? 1.8 : 0)), color: found.map((one) => one.color) },
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
function spans(operations, level, look) {
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
    return rows.length
      ? [{ rows, of: 3, draw: (/** @type {Look} */ look) => bar(name, rows, colour(look), from, size) }]
      : [];
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
  /** @param {(row: TimedMessage) => any} pick */
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
