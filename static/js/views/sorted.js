/** A table whose order is in the address. */

import { read, write } from "../lib/address.js";
import { table } from "./table.js";

/**
 * @import { Order } from "../models/types.js"
 * @import { TableOptions } from "./table.js"
 */

/**
 * `name` is the parameter of the address. `preset` is an order as "wait.down"; with "" rows keep their order.
 * @template Row
 * @param {HTMLElement} host
 * @param {string} name
 * @param {string} preset
 * @param {Omit<TableOptions<Row>, "sort" | "sorted">} options
 */
export function sorted(host, name, preset, { columns, ...more }) {
  return table(host, { columns, sort: given(name, preset, columns), ...more, sorted: (chosen) => note(name, chosen) });
}

/**
 * The order of the address, or the preset where it names no column.
 * @param {string} name
 * @param {string} preset
 * @param {{ id: string }[]} columns
 */
export function given(name, preset, columns) {
  const [by, way] = [read(name, preset), preset]
    .map((text) => text.split("."))
    .find(([id]) => columns.some((column) => column.id === id)) ?? ["", ""];
  return by ? { by, down: way !== "up" } : null;
}

/**
 * Notes an order in the address.
 * @param {string} name
 * @param {Order} order
 */
export const note = (name, { by, down }) => write({ [name]: `${by}.${down ? "down" : "up"}` });
