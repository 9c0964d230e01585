/** A table whose order is in the address. */

import { read, write } from "../lib/address.js";
import { table } from "./table.js";

/**
 * @import { Dom } from "./dom.js"
 * @import { TableOptions } from "./table.js"
 */

/**
 * `name` is the parameter of the address. `preset` is an order as "wait.down"; with "" rows keep their order.
 * @param {Dom} host
 * @param {string} name
 * @param {string} preset
 * @param {Omit<TableOptions, "sort" | "sorted">} options
 */
export function sorted(host, name, preset, { columns, ...more }) {
  const [by, way] = read(name, preset).split(".");
  const sort = columns.some((column) => column.id === by) ? { by, down: way !== "up" } : null;
  return table(host, {
    columns,
    sort,
    ...more,
    sorted: (chosen) => write({ [name]: `${chosen.by}.${chosen.down ? "down" : "up"}` }),
  });
}
