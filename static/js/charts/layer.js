/**
 * Draws gaps as hatched bands, marks as thin lines and alerts as bands above the plot, over any chart of time, at the
 * places that its axis gives.
 */

import { gapWords, markWords, SHORT, SIGNS } from "../models/layer.js";
import { alertBands } from "./alert-bands.js";
import { folded, hint } from "./labels.js";

/**
 * @import { Gap, Layer, TimeMark } from "../lib/frames.js"
 * @import { Bands } from "../models/alert-bands.js"
 * @import { Axis, Look, Options, PlotlyFigure } from "./types.js"
 */

const HATCH = 7;
const NEAR = 14;
/** Pixels between two hatch lines, and between two marks that have one sign. */
const LEAST = 2;
/** Pixels of the narrowest band. */
const UPRIGHT = 15;
const GLYPH = 6.2;
const DAY = 86_400;

/**
 * The figure with the layer, and with the alerts of its own figures. A figure without an axis of time stays as it is.
 * @param {PlotlyFigure} figure
 * @param {Layer | null | undefined} layer
 * @param {Look} look
 * @param {number} now ms
 * @param {Bands} [alerts]
 * @returns {PlotlyFigure}
 */
export function layered(figure, layer, look, now, alerts = { alerts: [], since: null }) {
  const { layout } = figure;
  if (!layer || layout.xaxis?.type !== "date") return figure;
  const { margin, xaxis } = layout;
  const axis = {
    start: xaxis.range[0] / 1000,
    end: xaxis.range[1] / 1000,
    width: Math.max(1, layout.width - margin.l - margin.r),
    height: Math.max(1, layout.height - margin.t - margin.b),
  };
  const bands = layer.gaps.filter(({ from, to }) => to > axis.start && from < axis.end);
  const named = roomForNames(bands, axis);
  const above = alertBands(alerts, xaxis.zoned ? axis : ofDays(axis), look, now);
  const lines = together(
    layer.marks.filter(({ at }) => at >= axis.start && at <= axis.end),
    axis,
  );
  return {
    data: figure.data,
    layout: {
      ...layout,
      shapes: [
        ...bands.flatMap((gap) => band(gap, axis, look)),
        ...lines.map((marks) => line(marks[0].at, axis, look)),
        ...above.shapes,
        ...(layout.shapes ?? []),
      ],
      annotations: [
        ...(layout.annotations ?? []),
        ...bands.flatMap((gap) => words(gap, axis, look, now, named.get(gap))),
        ...lines.map((marks) => sign(marks, axis, look, now)),
        ...above.annotations,
      ],
    },
  };
}

/**
 * The axis of days as instants: a bar stands over the middle of its day, and its label is that day's.
 * @param {Axis} axis
 */
const ofDays = ({ start, end, ...size }) => ({ start: start + DAY / 2, end: end + DAY / 2, ...size });

/**
 * A time as a part of the plot's width.
 * @param {number} seconds
 * @param {Axis} axis
 */
const part = (seconds, { start, end }) => Math.min(1, Math.max(0, (seconds - start) / (end - start)));

/**
 * Both ends of a gap, as parts of the plot's width. No band is too narrow to be seen.
 * @param {Gap} gap
 * @param {Axis} axis
 * @returns {[number, number]}
 */
function ends({ from, to }, axis) {
  const [left, right] = [part(from, axis), part(to, axis)];
  const least = LEAST / axis.width;
  if (right - left >= least) return [left, right];
  const middle = Math.min(1 - least / 2, Math.max(least / 2, (left + right) / 2));
  return [middle - least / 2, middle + least / 2];
}

/**
 * @param {Gap} gap
 * @param {Look} look
 */
const colour = (gap, look) => (gap.kind === "down" ? look.edge : look.warning);

/**
 * @param {Gap} gap
 * @param {Axis} axis
 * @param {Look} look
 * @returns {Options[]}
 */
function band(gap, axis, look) {
  const [x0, x1] = ends(gap, axis);
  const place = { xref: "paper", yref: "paper", layer: "below", name: "gap" };
  const tint = { ...place, type: "rect", x0, x1, y0: 0, y1: 1, fillcolor: colour(gap, look), opacity: 0.16 };
  return [
    { ...tint, line: { width: 0 } },
    {
      ...place,
      type: "path",
      path: hatching(x0, x1, axis),
      line: { color: colour(gap, look), width: 1 },
      opacity: 0.6,
    },
  ];
}

/**
 * Slanting lines within a band, in parts of the plot; its edges too.
 * @param {number} x0
 * @param {number} x1
 * @param {Axis} axis
 */
export function hatching(x0, x1, { width, height }) {
  const across = (x1 - x0) * width;
  /** @param {number} x @param {number} y */
  const point = (x, y) => `${(x0 + x / width).toFixed(5)},${(y / height).toFixed(4)}`;
  const path = [`M${point(0, 0)}L${point(0, height)}`, `M${point(across, 0)}L${point(across, height)}`];
  if (across < HATCH / 2) return path.join("");
  for (let offset = HATCH - height; offset < across; offset += HATCH) {
    const [low, high] = [Math.max(0, -offset), Math.min(height, across - offset)];
    if (high > low) path.push(`M${point(offset + low, low)}L${point(offset + high, high)}`);
  }
  return path.join("");
}

/**
 * The angle of the name of each gap that has room for one. A name covers no other: that of a stop comes first, then
 * that of the longest gap.
 * @param {Gap[]} gaps
 * @param {Axis} axis
 * @returns {Map<Gap, number>}
 */
export function roomForNames(gaps, axis) {
  /** @type {Map<Gap, number>} */
  const found = new Map();
  /** @type {[number, number][]} */
  const taken = [];
  const first = (/** @type {Gap} */ gap) => Number(gap.kind !== "down");
  for (const gap of [...gaps].sort((a, b) => first(a) - first(b) || b.to - b.from - (a.to - a.from))) {
    const [left, right] = ends(gap, axis).map((end) => end * axis.width);
    const length = SHORT[gap.kind].length * GLYPH + 8;
    const flat = right - left >= length;
    if (!flat && (right - left < UPRIGHT || axis.height < length)) continue;
    const half = (flat ? length : UPRIGHT) / 2;
    const [from, to] = [(left + right) / 2 - half, (left + right) / 2 + half];
    if (taken.some(([start, end]) => from < end && to > start)) continue;
    taken.push([from, to]);
    found.set(gap, flat ? 0 : -90);
  }
  return found;
}

/**
 * The short name of a gap where it has room, and all its words. The tooltip of the page shows them (`gapAt`): an
 * annotation that takes the pointer would hide the points below it.
 * @param {Gap} gap
 * @param {Axis} axis
 * @param {Look} look
 * @param {number} now
 * @param {number | undefined} angle degrees of the name; undefined: no name
 * @returns {Options[]}
 */
function words(gap, axis, look, now, angle) {
  const [x0, x1] = ends(gap, axis);
  const across = (x1 - x0) * axis.width;
  const under = hint(gapWords(gap, now), look);
  const place = { xref: "paper", yref: "paper", x: (x0 + x1) / 2, y: 0.5, showarrow: false, captureevents: false };
  /** @type {Options} */
  const area = {
    ...{ ...place, ...under, name: "gap", text: " ", opacity: 0 },
    ...{ width: Math.max(8, across), height: axis.height, bgcolor: look["surface-1"] },
  };
  /** @type {Options} */
  const label = {
    ...{ ...place, ...under, name: "gap", text: SHORT[gap.kind], textangle: angle },
    ...{ font: { size: 11, color: look["text-1"] }, bgcolor: look["surface-1"], borderpad: 1, opacity: 0.92 },
  };
  return angle === undefined ? [area] : [area, label];
}

/**
 * Marks in order of time; those that are near each other have one line.
 * @param {TimeMark[]} marks
 * @param {Axis} axis
 */
function together(marks, axis) {
  /** @type {TimeMark[][]} */
  const found = [];
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    const before = found.at(-1);
    if (before && (part(mark.at, axis) - part(before[0].at, axis)) * axis.width < NEAR) before.push(mark);
    else found.push([mark]);
  }
  return found;
}

/**
 * @param {number} at
 * @param {Axis} axis
 * @param {Look} look
 */
function line(at, axis, look) {
  const x = part(at, axis);
  const place = { xref: "paper", yref: "paper", layer: "below", name: "mark", type: "line" };
  return { ...place, x0: x, x1: x, y0: 0, y1: 1, line: { color: look.edge, width: 1, dash: "dot" } };
}

/** The most marks whose words are shown under one sign. */
const TOLD = 6;

/**
 * The sign of a mark at the top of the plot, or the number of marks. One that has a link opens it.
 * @param {TimeMark[]} marks
 * @param {Axis} axis
 * @param {Look} look
 * @param {number} now
 */
function sign(marks, axis, look, now) {
  const [first] = marks;
  const text = marks.length === 1 ? SIGNS[first.kind] : String(marks.length);
  const told = marks.slice(0, TOLD).map((mark) => markWords(mark, now));
  const more = marks.length > TOLD ? [`and ${marks.length - TOLD} more`] : [];
  const { hoverlabel } = hint("", look);
  return {
    ...{ xref: "paper", yref: "paper", x: part(first.at, axis), y: 1, yanchor: "top", showarrow: false },
    ...{ name: "mark", captureevents: true, hoverlabel, hovertext: [...told, ...more].map(folded).join("<br>") },
    text: marks.length === 1 && first.link ? `<a href="${quoted(first.link)}" target="_blank">${text}</a>` : text,
    ...{ font: { size: 11, color: look["text-1"] }, bgcolor: look["surface-2"], borderpad: 1 },
  };
}

/** @param {string} link */
const quoted = (link) => link.replace(/["<>&\s]/g, encodeURIComponent);
