/** sbdash's own figures over the time of the page, as it kept them. A step without a row is unknown. */

/**
 * @import { HealthPoint } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Value } from "./types.js"
 */

/** The most steps that are drawn; the server sends fewer. */
const MOST = 1000;

/**
 * The figures in steps of `step` s, from the first row to the last.
 * @param {Pick<State, "health">} state
 */
export function kept({ health }) {
  const [points, step] = [health?.points ?? [], health?.step ?? 60];
  const held = new Map(points.map((point) => [point.t, point]));
  const [first, end] = [points[0]?.t ?? 0, points.at(-1)?.t ?? -1];
  const times = Array.from(
    { length: Math.min(MOST, Math.floor((end - first) / step) + 1) },
    (_, i) => first + i * step,
  );
  /**
   * @param {(point: HealthPoint) => Value} pick
   * @returns {Value[]}
   */
  const series = (pick) =>
    times.map((t) => {
      const point = held.get(t);
      return point ? pick(point) : null;
    });
  return {
    times,
    step,
    lag: series((point) => point.lag),
    memory: series((point) => point.memory),
    cpu: series((point) => point.cpu),
    refused: series((point) => point.refused),
    rejected: series((point) => point.rejected),
    dropped: series((point) => point.dropped),
  };
}
