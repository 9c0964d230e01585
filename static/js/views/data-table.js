/**
 * The data of a chart as a sortable table, the newest row first. A row's first cell is a link where the row leads
 * somewhere.
 */

import { table } from "./table.js";

/**
 * @import { Column } from "../models/types.js"
 * @import { Table } from "../charts/types.js"
 */

/** @typedef {{ index: number, cells: Table["rows"][number], href?: string, write: Table["write"] }} Row */

/**
 * show(table, caption, link(index)) fills it.
 * @param {HTMLElement} host
 */
export function dataTable(host) {
  /** @type {string | null} */
  let names = null;
  /** @type {ReturnType<typeof table<Row>> | null} */
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
        list = null;
      }
      list ??= table(host, { columns: columns(made), key: (row) => String(row.index), caption });
      const rows = made.rows.map((cells, index) => ({
        index,
        cells,
        href: link(index) ?? undefined,
        write: made.write,
      }));
      list.show(made.ordered ? rows : rows.reverse(), 0);
    },
  };
}

/**
 * @param {Table} made
 * @returns {Column<Row>[]}
 */
const columns = ({ columns: names, note, rows }) =>
  names.map((name, i) => ({
    id: String(i),
    name: i || !note ? name : `${name} (${note})`,
    num: i > 0 && typeof rows[0]?.[i] !== "string",
    sort: (row) => (i ? row.cells[i] : row.index),
    cell: ({ cells, href, write }) => {
      const cell = cells[i];
      return { text: typeof cell === "string" ? cell : write(cell, i), href: i ? undefined : href };
    },
  }));
