/** The report on operations, as the server sends it. */

export const now = "2026-11-22T12:00:00Z";
export const ended = (closed, timeout = 0, error = 0) => ({ closed, timeout, error });
export const operation = (name, more) => ({
  operation: name,
  count: 10,
  ok: 8,
  failed: 2,
  timeout: 0,
  failure_rate: 0.2,
  p50: 0.2,
  p95: 1,
  memory_mean: null,
  cpu_mean: null,
  ...more,
});
export const report = {
  days: 7,
  active: 3,
  open: 5,
  ends: ended(4, 2, 1),
  errors: { finished: 200, failed: 3, rate: 0.015 },
  too_long: { limit: 86400, count: 0, sessions: [] },
  created_per_hour: [
    { t: 3600, started: 2, ended: ended(1) },
    { t: 7200, started: 0, ended: ended(0, 2, 1) },
  ],
  lifetimes: {
    count: 9,
    mean: 70,
    p50: 45,
    p90: 200,
    p95: 240,
    histogram: [
      { from: 0, to: 10, count: 1 },
      { from: 10, to: 60, count: 5 },
      { from: 60, to: null, count: 3 },
    ],
  },
  operations: [
    operation("search", {}),
    operation("<b>index</b>", { failed: 0, timeout: 5, failure_rate: 0.5 }),
    operation("quiet", { failed: 0, failure_rate: 0 }),
  ],
};
