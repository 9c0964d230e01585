/** Columns of tables, by the kind of their cells. Its id is also the field of a row, where the column picks none. */

import { ago, duration, exact, moment } from "../lib/format.js";
import { slowness } from "./select.js";

/**
 * @import { Cell, Column } from "./types.js"
 * @import { Figure } from "../lib/types.js"
 */

/**
 * A column of figures, as `write` says them.
 * @template {string} Id
 * @param {Id} id
 * @param {string | undefined} name
 * @param {(value: Figure) => string} write
 * @param {Partial<Column<Record<Id, Figure>>>} [more]
 * @returns {Column<Record<Id, Figure>>}
 */
export const figures = (id, name, write, more = {}) => ({
  id,
  name,
  num: true,
  sort: (row) => row[id],
  cell: (row) => ({ text: write(row[id]) }),
  ...more,
});

/**
 * A column of texts; null is an empty cell.
 * @template {string} Id
 * @param {Id} id
 * @param {string | undefined} name
 * @param {Partial<Column<Record<Id, string | null>>>} [more]
 * @returns {Column<Record<Id, string | null>>}
 */
export const texts = (id, name, more = {}) => ({
  id,
  name,
  sort: (row) => row[id],
  cell: (row) => ({ text: row[id] ?? "", title: row[id] ?? "" }),
  ...more,
});

/**
 * A column of texts that are links.
 * @template Row
 * @param {string} id
 * @param {string | undefined} name
 * @param {(row: Row) => string} text
 * @param {(row: Row) => string | null} href null where a row leads nowhere
 * @returns {Column<Row>}
 */
export const links = (id, name, text, href) => ({
  id,
  name,
  sort: text,
  cell: (row) => ({ text: text(row), href: href(row) ?? undefined, title: text(row) }),
});

/**
 * A column of times, as ages.
 * @template {string} Id
 * @param {Id} id
 * @param {string | undefined} name
 * @param {Partial<Column<Record<Id, string | null>>>} [more]
 * @returns {Column<Record<Id, string | null>>}
 */
export const times = (id, name, more = {}) => ({
  id,
  name,
  num: true,
  sort: (row) => moment(row[id]),
  value: (row) => row[id],
  cell: (row, now) => ({ text: ago(row[id], now), title: exact(row[id]), time: row[id] ?? undefined }),
  ...more,
});

/**
 * The cell of a wait, marked where it is slow.
 * @param {Figure} seconds
 * @returns {Cell}
 */
export function wait(seconds) {
  const flag = slowness(seconds);
  return { text: flag ? `${duration(seconds)} ${flag}` : duration(seconds), flag: flag ?? undefined };
}
