/** The figures, rows and texts of the report on Operations, and the points of the process's load. */

import { bytes, count, duration, epoch, moment, share, UNKNOWN } from "../lib/format.js";

/**
 * @import { Figure, State } from "../lib/types.js"
 * @import { ProcessFigures } from "../lib/frames.js"
 */

/** The most points of the process on a page: an hour of one each 5 s. */
export const MOST_POINTS = 720;
/** The fewest seconds between two points, and the seconds that make a gap. */
const APART = 5;
const GAP = 30;
const DAY = 86400;

/**
 * @param {number} n
 * @param {string} word
 */
const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
/**
 * @param {unknown} value
 * @returns {value is number}
 */
const known = (value) => typeof value === "number";

/**
 * @import { Column } from "./types.js"
 * @typedef {{ t: number, memory: number | null, cpu: number | null }} LoadPoint the process's load, epoch seconds
 */

/**
 * The figures at the head: [{id, value, note}].
 * @param {{ report: any, process?: ProcessFigures | null, lag: Figure, now: string }} options
 */
export function facts({ report, process, lag, now }) {
  const { too_long: late, errors, operations, ends } = report ?? {};
  const [failed, done] = [sum(operations, "failed") + sum(operations, "timeout"), sum(operations, "count")];
  /**
   * @param {string} id
   * @param {string} value
   * @param {string} [note]
   */
  const fact = (id, value, note = "") => ({ id, value, note });
  return [
    fact("active_sessions", count(report?.active), "spoke in the last 5 minutes"),
    fact(
      "open_sessions",
      count(report?.open),
      ends ? `${plural(ends.closed + ends.timeout + ends.error, "session")} ended in ${report.days} days` : "",
    ),
    fact("too_long", count(late?.count), late ? `open over ${over(late.limit)}` : ""),
    fact(
      "error_rate",
      share(errors?.rate),
      errors ? `${count(errors.failed)} of ${count(errors.finished)}, ${report.days} days` : "",
    ),
    fact(
      "failure_rate",
      share(done ? failed / done : null),
      report ? `${count(failed)} of ${count(done)}, ${report.days} days` : "",
    ),
    fact("lag", known(lag) ? duration(lag) : UNKNOWN, "from the journal to the figures"),
    fact("rss", bytes(process?.rss_bytes ?? null), running(process, now)),
    fact("cpu_share", share(process?.cpu_share), "of one core, with the pipeline"),
  ];
}

/**
 * @param {any[] | undefined} rows
 * @param {string} field
 */
const sum = (rows, field) => (rows ?? []).reduce((total, row) => total + (row[field] ?? 0), 0);
/** @param {number} limit */
const over = (limit) => (limit % DAY === 0 ? plural(limit / DAY, "day") : duration(limit));

/**
 * @param {ProcessFigures | null | undefined} process
 * @param {string} now
 */
function running(process, now) {
  const since = moment(process?.since ?? null);
  return since === null ? "" : `running for ${duration(Math.max(0, Math.round(epoch(now) - since / 1000)))}`;
}

/**
 * The sessions that are open too long: {words, rows: [{id, href}]}; null where no report has come.
 * @param {any} report
 */
export function tooLong(report) {
  if (!report) return null;
  const { count: n, limit, sessions } = report.too_long;
  if (!n) return { words: `No session has been open for longer than ${over(limit)}.`, rows: [], bad: false };
  const shown = sessions.length < n ? `; the oldest ${count(sessions.length)} are` : n === 1 ? "; it is" : "; they are";
  return {
    words: `${plural(n, "session")} ${n === 1 ? "has" : "have"} been open for longer than ${over(limit)}${shown}:`,
    rows: sessions.map((/** @type {string} */ id) => ({ id, href: `/sessions/${encodeURIComponent(id)}/` })),
    bad: true,
  };
}

/**
 * The points with the one of the state: one each APART s, `most` in all, and an empty point in each gap.
 * @param {LoadPoint[]} points
 * @param {Pick<State, "process" | "now">} options
 * @param {number} [most]
 */
export function collect(points, { process, now }, most = MOST_POINTS) {
  const t = epoch(now);
  const before = points.at(-1)?.t ?? null;
  if (!process || !known(t) || (before !== null && t - before < APART)) return points;
  const point = { t, memory: process.rss_bytes ?? null, cpu: process.cpu_share ?? null };
  const gap = before !== null && t - before > GAP ? [{ t: (before + t) / 2, memory: null, cpu: null }] : [];
  return [...points, ...gap, point].slice(-most);
}

/** The columns of the table of operations. */
/** @type {Column[]} */
export const OPERATIONS = [
  {
    id: "operation",
    name: "Operation",
    sort: (row) => row.operation,
    cell: (row) => ({ text: row.operation, title: row.operation }),
  },
  {
    id: "count",
    name: "Count",
    num: true,
    means: "count",
    sort: (row) => row.count,
    cell: (row) => ({ text: count(row.count) }),
  },
  {
    id: "failed",
    name: "Failed",
    num: true,
    means: "failed",
    sort: (row) => row.failed,
    cell: (row) => ({ text: count(row.failed), flag: row.failed > 0 ? "bad" : undefined }),
  },
  {
    id: "timeout",
    name: "Timed out",
    num: true,
    means: "timeout",
    sort: (row) => row.timeout,
    cell: (row) => ({ text: count(row.timeout), flag: row.timeout > 0 ? "slow" : undefined }),
  },
  {
    id: "rate",
    name: "Failure rate",
    num: true,
    means: "failure_rate",
    sort: (row) => row.failure_rate,
    cell: (row) => ({ text: share(row.failure_rate) }),
  },
  {
    id: "p50",
    name: "p50",
    num: true,
    means: "p50",
    sort: (row) => row.p50,
    cell: (row) => ({ text: duration(row.p50) }),
  },
  {
    id: "p95",
    name: "p95",
    num: true,
    means: "p95",
    sort: (row) => row.p95,
    cell: (row) => ({ text: duration(row.p95) }),
  },
  {
    id: "memory",
    name: "Memory",
    num: true,
    means: "memory_mean",
    sort: (row) => row.memory_mean,
    cell: (row) => ({ text: bytes(row.memory_mean) }),
  },
  {
    id: "cpu",
    name: "CPU",
    num: true,
    means: "cpu_mean",
    sort: (row) => row.cpu_mean,
    cell: (row) => ({ text: duration(row.cpu_mean) }),
  },
];
