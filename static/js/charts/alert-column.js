/** The table of a chart with a column for the alerts that fired in the time of a row. */

/**
 * @import { AlertSpan } from "../lib/frames.js"
 * @import { Table } from "./types.js"
 */

/**
 * The table with the column, if an alert touches a row. Rows without times, as those of a distribution, stay as they
 * are.
 * @param {Table} table
 * @param {object} rows those of the chart: `times` and `step` in s, where it has any
 * @param {AlertSpan[]} alerts
 * @returns {Table}
 */
export function withAlerts(table, rows, alerts) {
  const { times = [], step = 0 } = /** @type {{ times?: number[], step?: number }} */ (rows);
  if (!alerts.length || !step || times.length !== table.rows.length) return table;
  const touching = times.map((t) => alerts.filter(({ from, to }) => from < t + step && (to ?? Infinity) >= t));
  if (!touching.some((found) => found.length)) return table;
  const names = touching.map((found) => [...new Set(found.map(({ name }) => name))].join("; "));
  return { ...table, columns: [...table.columns, "Alert"], rows: table.rows.map((row, i) => [...row, names[i]]) };
}
