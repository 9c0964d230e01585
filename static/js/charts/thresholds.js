/** Threshold lines: dashed, with their names, over any chart whose figure has a setting. */

import { duration } from "../lib/format.js";
import { limits } from "../lib/limits.js";

/** @import { Look, PlotlyFigure, Threshold } from "./types.js" */

/**
 * The figure with a line for each threshold that the axis reaches. The name stands above its line, on the card's
 * colour.
 * @param {PlotlyFigure} figure
 * @param {Threshold[]} thresholds
 * @param {Look} look
 * @returns {PlotlyFigure}
 */
export function withThresholds({ data, layout }, thresholds, look) {
  const shown = thresholds.filter(({ value, across = false }) => value <= layout[across ? "xaxis" : "yaxis"].range[1]);
  if (!shown.length) return { data, layout };
  const line = { color: look.warning, width: 1, dash: "dash" };
  return {
    data,
    layout: {
      ...layout,
      shapes: [
        ...(layout.shapes ?? []),
        ...shown.map(({ value, across }) =>
          across
            ? { type: "line", xref: "x", x0: value, x1: value, yref: "paper", y0: 0, y1: 1, line }
            : { type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: value, y1: value, line },
        ),
      ],
      annotations: [...(layout.annotations ?? []), ...shown.map((one, i) => label(one, i, look))],
    },
  };
}

/** @param {number} seconds */
const short = (seconds) => duration(seconds).replace(".0 s", " s");

/** The limits of waits on an axis of seconds. */
export const waitLimits = () => [
  { value: limits.slow, words: `slow: over ${short(limits.slow)}` },
  { value: limits.verySlow, words: `very slow: over ${short(limits.verySlow)}` },
];

/**
 * Names beside each other stand on lines of their own.
 * @param {Threshold} threshold
 * @param {number} i
 * @param {Look} look
 */
const label = ({ value, words, across = false }, i, look) => ({
  ...(across
    ? { xref: "x", x: value, yref: "paper", y: 1, yshift: -16 * i, xanchor: "right", yanchor: "top" }
    : { xref: "paper", x: 0, yref: "y", y: value, xanchor: "left", yanchor: "bottom" }),
  text: words,
  showarrow: false,
  borderpad: 1,
  font: { size: 11, color: look.warning },
  bgcolor: look["surface-1"],
  opacity: 0.9,
});
