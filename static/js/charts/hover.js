/** The words of a tooltip: the time under the pointer, and a line for each figure there. */

import { count } from "../lib/format.js";
import { dayHover, hoverWords, milliseconds } from "./zone.js";

/** @import { Hover, HoverLine, Options } from "./types.js" */

/**
 * The tooltip of the points that Plotly found under the pointer, for a figure's own layout.
 * @param {Options[]} points
 * @param {Options} layout
 * @returns {Hover}
 */
export function hoverOf(points, layout) {
  const [first] = points;
  const { left, right, top, bottom } = box(first.bbox);
  const at = { x: (left + right) / 2, y: (top + bottom) / 2 };
  const time = layout.xaxis.type === "date" ? milliseconds(first.x) : null;
  if (layout.hovermode === "closest") {
    const [title, ...lines] = parts(String(first.text ?? ""));
    return { ...at, time, title, lines: lines.map((words) => ({ name: "", words, colour: "" })) };
  }
  const title = time === null ? "" : layout.xaxis.zoned ? hoverWords(time, layout.xaxis.zoned.step) : dayHover(time);
  const lines = points.filter(({ y }) => y !== null && y !== undefined).map(line);
  return { ...at, time, title, lines: layout.barmode === "stack" || points.some(stacked) ? lines.reverse() : lines };
}

/** @param {Options | undefined} found */
const box = ({ x0 = 0, x1 = 0, y0 = 0, y1 = 0 } = {}) => ({ left: x0, right: x1, top: y0, bottom: y1 });

/** @param {Options} point */
const stacked = (point) => Boolean(point.data.stackgroup);

/**
 * @param {Options} point
 * @returns {HoverLine}
 */
const line = ({ data, y, text }) => ({
  name: plain(data.name ?? ""),
  words: typeof text === "string" ? plain(text) : count(y),
  colour: data.line?.color ?? data.marker?.color ?? "",
});

/**
 * The lines of a text for Plotly.
 * @param {string} text
 */
const parts = (text) => text.split("<br>").map(plain);

/**
 * The text as safe() of labels.js found it.
 * @param {string} text
 */
const plain = (text) => text.replace(/&lt;/g, "<").replace(/&amp;/g, "&");
