/**
 * The data of a chart as a sortable table, the newest row first. A row's first cell is a link where the row leads
 * somewhere.
 */

import { table } from "./table.js";

/** show({columns, rows, write, note?, ordered?}, caption, link(index)): `ordered` rows stand as they are given. */
export function dataTable(host) {
  let names = null;
  let list = null;

  return {
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

const columns = ({ columns: names, note, rows }) =>
  names.map((name, i) => ({
    id: String(i),
    name: i || !note ? name : `${name} (${note})`,
    num: i > 0 && typeof rows[0]?.[i] !== "string",
    sort: (row) => (i ? row.cells[i] : row.index),
    cell: (row) => (i ? { text: row.write(row.cells[i], i) } : { text: row.cells[0], href: row.href }),
  }));
