/** How this session's waits are spread, on a logarithmic axis, with its own p50 and p95. */

import * as histogram from "./histogram.js";

/** Bars for each power of ten. */
const BARS = 6;
const LEAST = 0.001;

export const { figure, isEmpty } = histogram;
export const id = "waits";
export const nothing = "Nobody has waited for an answer here yet.";
export const sub = () => "answers by the seconds a person waited, logarithmic";
export const link = () => null;

/** A histogram [[seconds, answers]] of 2 % steps as bars of one width on a logarithmic axis, without a gap between them. */
export function bars(pairs) {
  const counts = new Map();
  for (const [seconds, answers] of pairs) {
    const place = Math.floor(Math.log10(Math.max(seconds, LEAST)) * BARS + 1e-9);
    counts.set(place, (counts.get(place) ?? 0) + answers);
  }
  if (!counts.size) return [];
  const places = [...counts.keys()];
  const [first, last] = [Math.min(...places), Math.max(...places)];
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    from: 10 ** ((first + i) / BARS), to: 10 ** ((first + i + 1) / BARS), count: counts.get(first + i) ?? 0,
  }));
}

export function rows(state) {
  const session = state.session ?? {};
  const found = bars(session.response_histogram ?? []);
  return histogram.rows({ report: { histogram: found, figures: found.length ? { p50: session.response_p50, p95: session.response_p95 } : null } });
}

export const summary = (data) => (isEmpty(data) ? nothing : histogram.summary(data));
export const table = histogram.table;
