/** The distribution of one session's waits, with its p50 and p95. */

import * as histogram from "./histogram.js";

/**
 * @import { SessionHead } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
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

export const { figure, isEmpty } = histogram;
export const id = "waits";
export const nothing = "Nobody has waited for an answer here yet.";
export const sub = () => "answers by the seconds a person waited, logarithmic";
export const link = () => null;

/**
 * A histogram [[seconds, answers]] of 2 % steps as bars of equal width on a logarithmic axis. A bar holds whole
 * buckets, and there is no gap between bars.
 * @param {[number, number][]} pairs
 */
export function bars(pairs) {
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

/** @param {State} state */
export function rows(state) {
  /** @type {Partial<SessionHead>} */
  const session = state.session ?? {};
  const found = bars(session.response_histogram ?? []);
  return histogram.rows({
    ...state,
    report: {
      histogram: found,
      figures: found.length ? { p50: session.response_p50, p95: session.response_p95 } : null,
    },
  });
}

/** @param {any} data */
export const summary = (data) => (isEmpty(data) ? nothing : histogram.summary(data));
export const table = histogram.table;
