/** Draws alerts as thin bands above the plot of a chart of time. A click on a band opens its alert. */

import { alertAt, bandWords, LEFT_OUT } from "../models/alert-bands.js";
import { hint } from "./labels.js";

/**
 * @import { AlertSpan } from "../lib/frames.js"
 * @import { Bands } from "../models/alert-bands.js"
 * @import { Axis, Look, Options } from "./types.js"
 */

const LANES = 2;
/** Pixels of a lane, between two lanes, and between the plot and the first. */
const [HIGH, BETWEEN, ABOVE] = [5, 1, 1];
/** Pixels of the narrowest band, and of what takes the pointer for it. */
const [LEAST, NARROW] = [4, 12];
const RANKS = ["notice", "warning", "critical"];
const PAPER = { xref: "paper", yref: "paper" };

/**
 * The shapes of the bands, and the areas that take the pointer. What is older than the oldest that is known is a dotted
 * line.
 * @param {Bands} bands
 * @param {Axis} axis
 * @param {Look} look
 * @param {number} now ms
 * @returns {{ shapes: Options[], annotations: Options[] }}
 */
export function alertBands({ alerts, since }, axis, look, now) {
  const placed = lanes(alerts, axis, now).sort((a, b) => RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank));
  const older = since === null ? 0 : at(since, axis);
  return {
    shapes: [
      ...(older > 0 ? [dotted(older, axis, look)] : []),
      ...placed.map(({ alert, lane, left, right }) => ({
        ...{ ...PAPER, type: "rect", name: "alert", line: { width: 0 } },
        ...{ x0: left / axis.width, x1: right / axis.width, ...heights(lane, axis) },
        fillcolor: look[alert.severity],
      })),
    ],
    annotations: [
      ...(older > 0 ? [area(0, older, LEFT_OUT, "/alerts/", axis, look)] : []),
      ...[...placed]
        .sort(longest)
        .map(({ alert, left, right }) => area(left, right, bandWords(alert, now), alertAt(alert), axis, look)),
    ],
  };
}

/**
 * The order of the areas: a short one is in front of a longer one.
 * @param {{ left: number, right: number }} a
 * @param {{ left: number, right: number }} b
 */
const longest = (a, b) => b.right - b.left - (a.right - a.left);

/**
 * Both ends of each alert in px, and its lane. Where no lane is free, it is drawn over the last.
 * @param {AlertSpan[]} alerts
 * @param {Axis} axis
 * @param {number} now
 */
function lanes(alerts, axis, now) {
  const free = Array(LANES).fill(-Infinity);
  const seen = alerts.filter(({ from, to }) => (to ?? now / 1000) >= axis.start && from < axis.end);
  return seen.map((alert) => {
    const start = Math.min(at(alert.from, axis), axis.width - LEAST);
    const end = Math.max(at(alert.to ?? now / 1000, axis), start + LEAST);
    const found = free.findIndex((until) => until <= start);
    const lane = found < 0 ? LANES - 1 : found;
    free[lane] = Math.max(free[lane], end + 1);
    return { alert, rank: alert.severity, lane, left: start, right: end };
  });
}

/**
 * A time in px from the left of the plot.
 * @param {number} seconds
 * @param {Axis} axis
 */
const at = (seconds, { start, end, width }) => Math.min(1, Math.max(0, (seconds - start) / (end - start))) * width;

/**
 * @param {number} lane
 * @param {Axis} axis
 */
function heights(lane, { height }) {
  const low = ABOVE + lane * (HIGH + BETWEEN);
  return { y0: 1 + low / height, y1: 1 + (low + HIGH) / height };
}

/**
 * @param {number} until px
 * @param {Axis} axis
 * @param {Look} look
 */
function dotted(until, axis, look) {
  const y = 1 + (ABOVE + HIGH / 2) / axis.height;
  const line = { color: look.edge, width: 2, dash: "dot" };
  return { ...PAPER, type: "line", name: "alert", x0: 0, x1: until / axis.width, y0: y, y1: y, line };
}

/**
 * What takes the pointer for a band: its words, and where a click leads.
 * @param {number} left px
 * @param {number} right px
 * @param {string} words
 * @param {string} href
 * @param {Axis} axis
 * @param {Look} look
 */
const area = (left, right, words, href, axis, look) => ({
  ...{ ...PAPER, ...hint(words, look), name: "alert", href, captureevents: true, showarrow: false },
  ...{ x: (left + right) / 2 / axis.width, y: 1, yanchor: "bottom", borderpad: 0 },
  ...{ text: " ", width: Math.max(NARROW, right - left), height: 11, opacity: 0, bgcolor: look["surface-1"] },
});
