/** The distribution of one session's waits, with its p50 and p95. */

import { histogram, waits } from "./histogram.js";

/**
 * @import { Chart } from "./types.js"
 * @import { Histogram } from "./histogram.js"
 */

/**
 * The histogram's buckets: the end of the first in seconds, and the factor from one width to the next
 * (`stats/histogram.py`).
 */
const LEAST = 0.001;
const GROWTH = 1.02;
/** Buckets of a bar: about six bars for each power of ten. */
const WIDE = 19;

/**
 * The number of the bucket with this middle.
 * @param {number} middle
 */
const bucket = (middle) => (middle > 0 ? Math.round(Math.log(middle / LEAST) / Math.log(GROWTH) + 0.5) : 0);

/**
 * The end of a bucket, seconds.
 * @param {number} place
 */
const edge = (place) => LEAST * GROWTH ** place;

/**
 * A histogram [[seconds, answers]] of 2 % steps as bars of equal width on a logarithmic axis. A bar holds whole
 * buckets, and there is no gap between bars.
 * @param {[number, number][]} pairs
 */
export function bars(pairs) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const [seconds, answers] of pairs) {
    const place = Math.floor(bucket(seconds) / WIDE);
    counts.set(place, (counts.get(place) ?? 0) + answers);
  }
  if (!counts.size) return [];
  const places = [...counts.keys()];
  const [first, last] = [Math.min(...places), Math.max(...places)];
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    from: edge((first + i) * WIDE - 1),
    to: edge((first + i + 1) * WIDE - 1),
    count: counts.get(first + i) ?? 0,
  }));
}

/** @type {Chart<ReturnType<typeof waits>>} */
export const sessionWaits = {
  ...histogram,
  id: "waits",
  nothing: "Nobody has waited for an answer here yet.",
  rows({ session }) {
    const figures = session ? { p50: session.response_p50, p95: session.response_p95 } : null;
    return waits(bars(session?.response_histogram ?? []), figures, [null, null]);
  },
  sub: () => "answers by how long they took, logarithmic",
  link: () => null,
};
