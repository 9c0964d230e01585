/** The traces of a session's timeline: messages by role and status, tokens as thin bars, errors, votes, operations. */

import { moment } from "../lib/format.js";
import { ROLES } from "../models/select.js";
import { failures, nameless } from "./session-lanes.js";
import { hover, spoken, voted, worked } from "./session-words.js";
import { toMs } from "./template.js";

const SHAPES = { user: "circle", assistant: "square", system: "triangle-up", tool: "diamond" };
const RING = 17;

export const named = (role, status) => (status === "completed" ? role : `${role}, ${status}`);
export const COLOURS = {
  message: (role, status, look) => (status === "failed" ? look.critical : look.role(role)),
  vote: { up: "good", down: "warning" },
  operation: { ok: "edge", failed: "critical", timeout: "warning" },
};
const SIGNS = {
  vote: { up: "triangle-up", down: "triangle-down" },
  operation: { ok: "circle", failed: "x", timeout: "diamond-open" },
};

const x = (row) => toMs(moment(row.at) / 1000);

/** Messages by role and status, in a fixed order; each group is one kind of mark. */
export function groups(messages) {
  const found = [];
  for (const status of ["completed", "pending", "failed"]) {
    for (const role of ROLES) {
      const members = messages.filter((message) => message.role === role && message.status === status);
      if (members.length) found.push({ role, status, messages: members });
    }
  }
  return found;
}

/** Failed: a cross in red; pending: hollow; else the role's own shape, filled. */
export function symbol(role, status) {
  if (status === "failed") return role === "assistant" ? "x" : "x-thin-open";
  return status === "pending" ? `${SHAPES[role]}-open` : SHAPES[role];
}

/**
 * What is drawn, in the order of the traces: {draw(look), rows, of}. Point i of a trace stands for rows[floor(i / of)].
 * Only which lanes there are matters of `place`, not how large they are.
 */
export function parts(data, place) {
  const { messages, votes, operations } = data;
  const strips = [
    ["errors", failures(data), failed],
    ["votes", votes, sign],
    ["operations", operations, outcome],
  ].filter(([name]) => place.strip(name) >= 0);
  const rings = [
    [messages.filter((message) => message.outlier), "warning", RING],
    [messages.filter((message) => message.id === data.selected), "accent", RING + 6],
  ];
  return [
    ...groups(messages).map((group) => ({ rows: group.messages, of: 1, draw: (look) => answers(group, look) })),
    ...(place.tokens ? bars(messages) : []),
    ...(place.strip("operations") >= 0
      ? [{ rows: operations, of: 3, draw: (look) => spans(operations, place.strip("operations"), look) }]
      : []),
    ...strips.map(([name, rows, mark]) => ({
      rows,
      of: 1,
      draw: (look) => strip(rows, name, place.strip(name), (row) => mark(row, look)),
    })),
    ...rings
      .filter(([rows]) => rows.length)
      .map(([rows, colour, size]) => ({ rows, of: 1, draw: (look) => ring(rows, look[colour], size) })),
  ];
}

const failed = (_row, look) => ({ symbol: "x", color: look.critical, size: 8 });
const sign = (row, look) => ({
  symbol: SIGNS.vote[row.value] ?? "line-ew-open",
  color: look[COLOURS.vote[row.value] ?? "edge"],
  size: 10,
});
const outcome = (row, look) => ({
  symbol: SIGNS.operation[row.outcome],
  color: look[COLOURS.operation[row.outcome]],
  size: row.outcome === "ok" ? 7 : 9,
});

/** The id of the message that a thing on the timeline belongs to, or null. */
export const meant = (row) => (row.role ? row.id : row.message_id || null);

const hoverOf = (row) => hover(row.role ? spoken(row) : row.operation ? worked(row) : voted(row));
const HOVER = { hovertemplate: "%{text}<extra></extra>", cliponaxis: false, showlegend: false };

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

const ring = (rows, color, size) =>
  points(
    rows,
    "chosen",
    rows.map((message) => message.wait ?? 0),
    { symbol: "circle-open", color, size, line: { width: 2, color } },
  );

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

/** How long each operation took, as a line that ends where it was told of. */
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

/** Tokens of each message, from the axis upwards: prompt, completion, then what was not told apart. */
function bars(messages) {
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

/** One path for all: thousands of bars cost no more than one. */
function bar(name, rows, color, from, size) {
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
