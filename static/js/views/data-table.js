/**
 * The data of a chart as a sortable table, the newest row first. A row's first cell is a link where the row leads
 * somewhere.
 */

import { table } from "./table.js";

/**
 * @import { Column } from "../models/types.js"
 * @import { Dom } from "./dom.js"
 * @import { Table } from "../charts/types.js"
 */

/**
 * show(table, caption, link(index)) fills it.
 * @param {Dom} host
 */
export function dataTable(host) {
  /** @type {string | null} */
  let names = null;
  /** @type {any} */
  let list = null;

  return {
    /**
     * @param {Table} made
     * @param {string} caption
     * @param {(index: number) => string | null} link
     */
    show(made, caption, link) {
      const print = JSON.stringify([made.columns, made.note, caption]);
      if (print !== names) {
        names = print;
        list = table(host, { columns: columns(made), key: (row) => String(row.index), caption });
      }
      const rows = made.rows.map((cells, index) => ({
        index,
        cells,
        href: link(index) ?? undefined,
        write: made.write,
      }));
      list.show(made.ordered ? rows : rows.reverse());
    },
  };
}

/**
 * @param {Table} made
 * @returns {Column[]}
 */
const columns = ({ columns: names, note, rows }) =>
  names.map((name, i) => ({
    id: String(i),
    name: i || !note ? name : `${name} (${note})`,
    num: i > 0 && typeof rows[0]?.[i] !== "string",
    sort: (row) => (i ? row.cells[i] : row.index),
    cell: (row) => (i ? { text: row.write(row.cells[i], i) } : { text: row.cells[0], href: row.href }),
  }));
