/** One session's messages as marks at their time; answers stand at the seconds a person waited. */

import { count, duration, exact, moment } from "../format.js";
import { ROLES, slowness } from "../select.js";
import { ceiling, countAxis, largest, layout, local, timeAxis } from "./template.js";

const SHAPES = { user: "circle", assistant: "square", system: "triangle-up", tool: "diamond" };

export const id = "timeline";
export const sub = (state) => `each message at its time · answers at the seconds a person waited · ${zoneWords(state)}`;
export const nothing = "No messages yet.";
export const isEmpty = (data) => !data.messages.length;

const zoneWords = (state) => exact(state.now).split(" ").slice(2).join(" ");

export const rows = (state) => ({ messages: state.messages.filter((message) => moment(message.at) !== null) });

export function figure(data, look, size) {
  const waits = data.messages.map((message) => message.wait ?? 0);
  const top = ceiling(largest(waits), 2);
  const seconds = data.messages.map((message) => moment(message.at) / 1000);
  const [first, end] = ends(seconds);
  const axes = {
    hovermode: "closest", margin: { r: 14 },
    xaxis: timeAxis([first, end], (end - first) * 0.04, look, size), shapes: thresholds(top, look), annotations: names(top, look),
    yaxis: countAxis(top, look, { unit: " s", range: [-0.04 * top, top * 1.04] }),
  };
  return { data: groups(data.messages).map((group) => trace(group, look)), layout: layout(look, size, axes) };
}

/** At least two minutes wide, so that a young session does not look like a long one. */
function ends(seconds) {
  if (!seconds.length) return [0, 120];
  const first = seconds.reduce((a, b) => Math.min(a, b));
  const end = seconds.reduce((a, b) => Math.max(a, b));
  return end - first < 120 ? [first - 10, first + 110] : [first, end];
}

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

const GLYPHS = { user: "●○", assistant: "■□", system: "▲△", tool: "◆◇" };

/** What each mark means: {sign, name, colour}, for the key above the plot. */
export const key = (data, look) => groups(data.messages).map(({ role, status }) => ({
  name: named(role, status), colour: coloured(role, status, look),
  sign: status === "failed" ? (role === "assistant" ? "✖" : "✕") : GLYPHS[role][status === "pending" ? 1 : 0],
}));

const named = (role, status) => (status === "completed" ? role : `${role}, ${status}`);
const coloured = (role, status, look) => (status === "failed" ? look.critical : look.role(role));

function trace({ role, status, messages }, look) {
  const colour = coloured(role, status, look);
  return {
    type: "scatter", mode: "markers", name: named(role, status), cliponaxis: false,
    x: messages.map((message) => local(moment(message.at) / 1000)), y: messages.map((message) => message.wait ?? 0),
    text: messages.map(words), hovertemplate: "%{text}<extra></extra>",
    marker: { symbol: symbol(role, status), color: colour, size: status === "failed" ? 10 : 8, opacity: 0.9, line: { width: status === "completed" ? 0 : 2, color: colour } },
  };
}

const words = (message) => [
  `${message.role}, ${message.status}`, exact(message.at), typeof message.wait === "number" ? `waited ${duration(message.wait)}` : null,
  message.model?.replace(/</g, "&lt;"), message.tokens ? `${count(message.tokens)} tokens` : null, message.error?.slice(0, 80).replace(/</g, "&lt;"),
].filter(Boolean).join("<br>");

const levels = (top) => [[10, "slow: over 10 s"], [30, "very slow: over 30 s"]].filter(([seconds]) => top > seconds);

const thresholds = (top, look) => levels(top).map(([seconds]) => ({
  type: "line", xref: "paper", x0: 0, x1: 1, y0: seconds, y1: seconds, yref: "y", layer: "between",
  line: { color: seconds === 30 ? look.critical : look.warning, width: 1, dash: "dash" },
}));

const names = (top, look) => levels(top).map(([seconds, name]) => ({
  xref: "paper", yref: "y", x: 1, xanchor: "right", y: seconds, yanchor: "bottom", text: name, showarrow: false, bgcolor: look["surface-1"], borderpad: 1,
  font: { size: 11, color: look["text-2"] },
}));

export function summary(data) {
  if (isEmpty(data)) return nothing;
  const waits = data.messages.map((message) => message.wait).filter((wait) => typeof wait === "number");
  const failed = data.messages.filter((message) => message.status === "failed").length;
  const slow = waits.filter(slowness).length;
  const longest = waits.length ? `, the longest wait ${duration(largest(waits))}` : "";
  return `Messages shown: ${count(data.messages.length)}${longest}; slow answers: ${slow}; failed messages: ${failed}.`;
}

export const table = (data) => ({
  columns: ["Time", "Role", "Status", "Wait"], note: "seconds", write: (value, column) => (column === 3 ? duration(value) : String(value)),
  rows: data.messages.map((message) => [exact(message.at), message.role, message.status, message.wait]),
});
