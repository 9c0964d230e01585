/** The columns of the tables on Operations. */

import { bytes, count, duration, share } from "../lib/format.js";
import { figures, links, texts, times } from "./columns.js";

/**
 * @import { OperationFigures } from "../lib/frames.js"
 * @import { bounds, differences, stages, unknown } from "./operations.js"
 * @import { Column } from "./types.js"
 */

/** @typedef {NonNullable<ReturnType<typeof unknown>["left"]>[number]} Ignored */

const NAME = texts("name", "Name", { wrap: true });
/** @type {Column<Ignored>[]} */
const SEEN = [figures("count", "Count", count), times("first", "First"), times("last", "Last")];

/** @type {Column<Ignored>[]} */
export const ATTRIBUTES = [NAME, { ...texts("from", "Source"), id: "source" }, ...SEEN];

/** @type {Column<Ignored>[]} */
export const LEFT = [
  NAME,
  {
    id: "what",
    name: "What",
    wrap: true,
    sort: (row) => `${row.from} ${row.what}`,
    cell: (row) => ({ text: `${row.from}, ${row.what}` }),
  },
  ...SEEN,
];

/** @type {Column<ReturnType<typeof differences>[number]>[]} */
export const DIFFERENCES = [
  links(
    "session",
    "Session",
    (row) => row.session,
    (row) => row.href,
  ),
  texts("figure", "Figure"),
  {
    ...texts("here", "Here", { num: true, wrap: true }),
    sort: (row) => row.ours,
    value: (row) => row.here,
  },
  {
    ...texts("there", "There", { num: true, wrap: true }),
    sort: (row) => row.theirs,
    value: (row) => row.there,
  },
  { id: "size", name: "Difference", num: true, sort: (row) => row.size, cell: (row) => ({ text: row.apart }) },
  texts("against", "Against"),
  { id: "cause", name: "Cause", sort: (row) => row.cause, cell: (row) => ({ text: row.cause, title: row.words }) },
];

/** @type {Column<NonNullable<ReturnType<typeof stages>>[number]>[]} */
export const STAGES = [
  { id: "stage", name: "Stage", cell: (row) => ({ text: row.name }) },
  { id: "state", name: "State", cell: (row) => ({ text: row.word, state: row.word }) },
  figures("position", "Position", count),
  figures("behind", "Behind", count),
  figures("lag", "Lag", duration),
];

/** @type {Column<NonNullable<ReturnType<typeof bounds>>[number]>[]} */
export const BOUNDS = [
  { ...texts("name", "Limit of", { wrap: true }), id: "bound" },
  { id: "state", name: "State", cell: (row) => ({ text: row.word, state: row.word }) },
  {
    id: "share",
    name: "Share",
    num: true,
    sort: (row) => row.share,
    cell: (row) => ({ text: `${Math.floor(row.share * 100)} %` }),
  },
  { ...texts("used", "Used", { num: true }), sort: (row) => row.amount, value: (row) => row.used },
  { ...texts("limit", "Limit", { num: true }), sort: (row) => row.most, value: (row) => row.limit },
];

/** @type {Column<OperationFigures>[]} */
export const OPERATIONS = [
  texts("operation", "Operation"),
  figures("count", "Count", count, { means: "count" }),
  figures("failed", "Failed", count, {
    means: "failed",
    cell: ({ failed }) => ({ text: count(failed), flag: failed ? "bad" : undefined }),
  }),
  figures("timeout", "Timed out", count, {
    means: "timeout",
    cell: ({ timeout }) => ({ text: count(timeout), flag: timeout ? "slow" : undefined }),
  }),
  { ...figures("failure_rate", "Failure rate", share, { means: "failure_rate" }), id: "rate" },
  figures("p50", "p50", duration, { means: "p50" }),
  figures("p95", "p95", duration, { means: "p95" }),
  { ...figures("memory_mean", "Memory", bytes, { means: "memory_mean" }), id: "memory" },
  { ...figures("cpu_mean", "CPU", duration, { means: "cpu_mean" }), id: "cpu" },
];
