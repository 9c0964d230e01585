/** The comparison of a chart with the time before: a thin dashed line of its total, its label, and a column. */

import { WEEK } from "../lib/period.js";
import { last } from "./template.js";
import { line } from "./traces.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Before, Value } from "../models/types.js"
 * @import { Label, Look, Options, Table } from "./types.js"
 */

/**
 * The time of comparison in words: `same time last week`, `28 days before`, `1 h before`.
 * @param {number} shift seconds
 */
export function shiftWords(shift) {
  if (shift === WEEK) return "same time last week";
  const [size, unit] =
    shift % 86400 === 0 ? [86400, shift === 86400 ? "day" : "days"] : shift % 3600 === 0 ? [3600, "h"] : [60, "min"];
  return `${Math.round(shift / size)} ${unit} before`;
}

/**
 * The values of the report on the time before, at the steps of this one; null without a comparison.
 * @template Report
 * @template {{ t: number }} Row
 * @param {State<Report>} state
 * @param {(report: Report) => Row[]} rows
 * @param {(row: Row) => Value} value
 * @returns {Before}
 */
export function beforeOf({ report, report_before, shift }, rows, value) {
  if (!report || !report_before || !shift) return null;
  const held = new Map(rows(report_before).map((row) => [row.t + shift, value(row)]));
  return { shift, values: rows(report).map(({ t }) => held.get(t) ?? null) };
}

/**
 * The line of the time before.
 * @param {Before} before
 * @param {number[]} times
 * @param {Look} look
 * @param {(value: Value) => string} write
 * @param {Options} [more]
 */
export function beforeLine(before, times, look, write, more = {}) {
  if (!before) return [];
  const colour = look["text-2"];
  return [
    line({ name: shiftWords(before.shift), values: before.values }, times, colour, 1.3, {
      line: { color: colour, width: 1.3, dash: "dash" },
      text: before.values.map(write),
      ...more,
    }),
  ];
}

/**
 * Its label at the end of the line.
 * @param {Before} before
 * @param {Look} look
 * @returns {Label[]}
 */
export function beforeLabel(before, look) {
  const y = before ? last(before.values) : null;
  return y === null ? [] : [{ name: "before", y, colour: look["text-2"], sign: "╌" }];
}

/**
 * The table with a column for the time before.
 * @param {Table} table
 * @param {Before} before
 * @returns {Table}
 */
export function beforeColumn(table, before) {
  if (!before) return table;
  return {
    ...table,
    columns: [...table.columns, shiftWords(before.shift)],
    rows: table.rows.map((row, i) => [...row, before.values[i] ?? null]),
  };
}
