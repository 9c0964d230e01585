/** The sparkline of a tile: SVG paths in a box of 100 by 24. Gaps stay gaps. */

import { runs } from "./traces.js";

/** @import { Value } from "../models/types.js" */

const WIDTH = 100;
const HEIGHT = 24;
const EDGE = 2;

/**
 * {line, area}: path data for the values; nulls break the line.
 * @param {Value[]} values
 */
export function spark(values) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return { line: "", area: "" };
  const [low, high] = limits(Math.min(...known), Math.max(...known));
  /** @param {number} i */
  const x = (i) => round((i / (values.length - 1)) * WIDTH);
  /** @param {Value} value */
  const y = (value) => round(HEIGHT - EDGE - (((value ?? 0) - low) / (high - low)) * (HEIGHT - 2 * EDGE));
  const pieces = runs(values).map(([from, to]) => {
    const points = Array.from({ length: to - from + 1 }, (_, k) => `${x(from + k)},${y(values[from + k])}`);
    return { points: points.length > 1 ? points : [points[0], points[0]], from: x(from), to: x(to) };
  });
  return {
    line: pieces.map(({ points }) => `M${points.join("L")}`).join(""),
    area: pieces.map(({ points, from, to }) => `M${from},${HEIGHT}L${points.join("L")}L${to},${HEIGHT}Z`).join(""),
  };
}

/**
 * The range of the axis. The line stays in the upper half, so that noise looks small.
 * @param {number} least
 * @param {number} most
 */
function limits(least, most) {
  if (most === least) return [Math.min(0, most), most || 1];
  return [least >= 0 ? Math.max(0, least - (most - least)) : least, most];
}

/** @param {number} number */
const round = (number) => Math.round(number * 100) / 100;
