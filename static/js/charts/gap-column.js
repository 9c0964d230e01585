/** The table of a chart over gaps: a column names the gap of a row, and what was not counted there is unknown. */

import { SHORT } from "../models/layer.js";

/**
 * @import { Gap, Layer } from "../lib/frames.js"
 * @import { Table } from "./types.js"
 */

/** The kinds, the one that says most first. */
const KINDS = /** @type {Gap["kind"][]} */ (["down", "silent", "lag"]);

/**
 * The table with a column for gaps, if one touches a row. A zero of a time in which sbdash was not running is unknown.
 * Rows without times, as those of a distribution, stay as they are.
 * @param {Table} table
 * @param {object} rows those of the chart: `times` and `step` in s, where it has any
 * @param {Layer | null | undefined} layer
 * @returns {Table}
 */
export function withGaps(table, rows, layer) {
  const { times = [], step = 0 } = /** @type {{ times?: number[], step?: number }} */ (rows);
  if (!layer?.gaps.length || !step || times.length !== table.rows.length) return table;
  const touching = times.map((t) => layer.gaps.filter(({ from, to }) => from < t + step && to > t));
  if (!touching.some((gaps) => gaps.length)) return table;
  const named = touching.map((gaps) => KINDS.find((kind) => gaps.some((gap) => gap.kind === kind)));
  const covered = times.map((t, i) =>
    touching[i].some(({ kind, from, to }) => kind === "down" && from <= t && to >= t + step),
  );
  return {
    ...table,
    columns: [...table.columns, "Gap"],
    rows: table.rows.map((row, i) => [
      ...row.map((value) => (covered[i] && value === 0 ? null : value)),
      named[i] ? SHORT[named[i]] : "",
    ]),
  };
}
