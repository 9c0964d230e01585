/** Labels at the right end of a chart. They are moved apart, and stay within the plot. */

/**
 * @import { Series } from "../models/types.js"
 * @import { Label, Look } from "./types.js"
 */

const GLYPH = 6.9;
const LINE = 15;

/**
 * Pixel heights `wanted` (from the top) moved as little as needed: at least `gap` apart, within 0..height.
 * @param {number[]} wanted
 * @param {number} height
 * @param {number} [gap]
 */
export function spread(wanted, height, gap = LINE) {
  const order = wanted
    .map((y, index) => ({ y: Math.min(Math.max(y, 0), height), index }))
    .sort((a, b) => a.y - b.y || a.index - b.index);
  const room = Math.min(gap, order.length > 1 ? height / (order.length - 1) : gap);
  for (let i = 1; i < order.length; i += 1) order[i].y = Math.max(order[i].y, order[i - 1].y + room);
  for (let i = order.length - 1, floor = height; i >= 0; i -= 1, floor = order[i + 1].y - room)
    order[i].y = Math.min(order[i].y, floor);
  const placed = [];
  for (const { y, index } of order) placed[index] = Math.max(0, y);
  return placed;
}

/**
 * @param {string} name
 * @param {number} letters
 */
export const shorten = (name, letters) => (name.length > letters ? `${name.slice(0, letters - 1)}…` : name);

/**
 * The lines of a name, each cut where it is too long.
 * @param {string} name
 * @param {number} width
 */
const lines = (name, width) => name.split("\n").map((line) => shorten(line, limit(width)));

/**
 * The right margin that the labels need, px.
 * @param {string[]} names
 * @param {number} width
 */
export function margin(names, width) {
  const longest = Math.max(0, ...names.flatMap((name) => lines(name, width).map((line) => line.length)));
  return names.length ? Math.ceil(longest * GLYPH) + 32 : 10;
}

/** @param {number} width */
export const limit = (width) => (width < 420 ? 9 : width < 700 ? 13 : 22);

/**
 * The text without markup.
 * @param {string} text
 */
export const safe = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/**
 * The words of an annotation under the pointer.
 * @param {string} text
 * @param {Look} look
 */
export const hint = (text, look) => ({
  hovertext: folded(text),
  hoverlabel: {
    bgcolor: look["surface-2"],
    bordercolor: look["line-2"],
    font: { family: look.font, size: 12, color: look["text-1"] },
  },
});

/**
 * The text in lines of some sixty letters, without markup.
 * @param {string} text
 */
export function folded(text) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1];
    if (line && line.length + word.length >= 60) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map(safe).join("<br>");
}

/**
 * Plotly annotations for [{name, y, colour}], y in data units of an axis 0..top that covers
 * `height` px of a plot whose paper part begins at `base` and spans `share` (0..1).
 * @param {Label[]} labels
 * @param {{ top: number, height: number, width: number, look: Look, base?: number, share?: number }} options
 */
export function annotate(labels, { top, height, width, look, base = 0, share = 1 }) {
  const part = height * share;
  const wanted = labels.map(({ y }) => part * (1 - Math.min(1, Math.max(0, y / top))));
  /** @param {Label} options */
  const text = ({ name, colour, sign = "●" }) =>
    `<span style="color:${colour}">${sign}</span> ${lines(name, width).map(safe).join("<br>")}`;
  return spread(wanted, part).map((y, index) => ({
    xref: "paper",
    yref: "paper",
    x: 1,
    y: base + share * (1 - y / part),
    xanchor: "left",
    yanchor: "middle",
    xshift: 7,
    showarrow: false,
    align: "left",
    font: { size: 12, color: look["text-1"] },
    text: text(labels[index]),
  }));
}

/**
 * The labels of a stack, the top one first: each at the middle of its part of the bar at `place`, which counts from the
 * end where it is negative.
 * @param {Series[]} series
 * @param {number} place
 * @param {(name: string, index: number) => string} colour
 */
export function middles(series, place, colour) {
  let below = 0;
  return series
    .map(({ name, values }, i) => {
      const value = values.at(place) ?? 0;
      below += value;
      return { name, y: below - value / 2, colour: colour(name, i), sign: "■" };
    })
    .reverse();
}

/**
 * The labels of a stack as a legend: together at the top, in the stack's order.
 * @param {{ name: string }[]} series
 * @param {number} top
 * @param {(name: string, index: number) => string} colour
 */
export const legend = (series, top, colour) =>
  series.map(({ name }, i) => ({ name, y: top, colour: colour(name, i), sign: "■" })).reverse();
