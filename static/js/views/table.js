/** A table with keyed rows. A header sorts it, a click or Enter opens a row, and a button saves it as a file. */

import { UNKNOWN } from "../lib/format.js";
import { csv } from "../models/figures.js";
import { element } from "./dom.js";
import { save } from "./save.js";

/**
 * @import { Dom } from "./dom.js"
 * @import { Cell, Column, Order } from "../models/types.js"
 */

/**
 * @typedef {object} TableOptions
 * @property {Column[]} columns
 * @property {(row: any) => string} key
 * @property {string} caption
 * @property {Order | null} [sort]
 * @property {(order: Order) => void} [sorted]
 * @property {((row: any) => string) | null} [href] where a row leads
 * @property {string | null} [file] the name of the file, without its ending
 * @property {string | null} [none]
 */

/**
 * Builds a table in `host`; show(rows, now) fills it. `sort` is the first order, and `sorted(order)` hears of another.
 * A column without sort() is sorted by its value() or its text. With `file`, a button in the nearest header saves the
 * rows under that name. `none` is the text of a table without rows.
 * @param {Dom} host
 * @param {TableOptions} options
 */
export function table(
  host,
  { columns, key, caption, sort = null, sorted = () => {}, href = null, file = null, none = null },
) {
  const held = new Map();
  const body = element("tbody");
  let chosen = sort;
  /** @type {[any[], number]} */
  let present = [[], 0];

  /** @param {Column} column */
  const order = (column) => {
    const again = chosen?.by === column.id;
    chosen = { by: column.id, down: again ? !chosen?.down : Boolean(column.num) };
    sorted(chosen);
    mark(heads, columns, chosen);
    show(...present);
  };
  const heads = columns.map((column) => head(column, order));

  /**
   * @param {any[]} rows
   * @param {number} now
   */
  function show(rows, now) {
    skeleton?.remove();
    present = [rows, now];
    const wanted = arrange(rows, columns, chosen);
    const keys = new Set(wanted.map(key));
    for (const [id, row] of held)
      if (!keys.has(id)) {
        row.remove();
        held.delete(id);
      }
    for (const [index, row] of wanted.entries()) place(row, index, now);
    if (button) button.disabled = !wanted.length;
    if (empty) empty.hidden = wanted.length > 0;
  }

  /**
   * @param {any} row
   * @param {number} index
   * @param {number} now
   */
  function place(row, index, now) {
    const id = key(row);
    const line = held.get(id) ?? blank(columns);
    held.set(id, line);
    if (href) line.dataset.href = href(row);
    for (const [i, column] of columns.entries()) fill(line.cells[i], column.cell(row, now));
    if (body.rows[index] !== line) body.insertBefore(line, body.rows[index] ?? null);
  }

  mark(heads, columns, chosen);
  const skeleton = host.querySelector(".skeleton.rows");
  build(host, caption, heads, body);
  const button = file
    ? saves(host, caption, () => save(`${file}.csv`, csv(...sheet(columns, arrange(present[0], columns, chosen)))))
    : null;
  const empty = none ? element("p", { className: "none", textContent: none, hidden: true }) : null;
  if (empty) host.append(empty);
  if (skeleton) host.append(skeleton);
  if (href) opens(body);
  return { show };
}

/**
 * @param {Dom} host
 * @param {string} caption
 * @param {Dom[]} heads
 * @param {Dom} body
 */
function build(host, caption, heads, body) {
  const whole = element("table");
  const top = element("thead");
  const line = element("tr");
  line.append(...heads);
  top.append(line);
  whole.append(element("caption", { className: "sr", textContent: caption }), top, body);
  host.replaceChildren(whole);
}

/**
 * Adds the CSV button to the nearest header above the table.
 * @param {Dom} host
 * @param {string} caption
 * @param {() => void} act
 */
function saves(host, caption, act) {
  const button = element("button", {
    type: "button",
    className: "button small save",
    textContent: "CSV",
    title: "Save as CSV",
    disabled: true,
  });
  button.setAttribute("aria-label", `Save as CSV: ${caption}`);
  button.addEventListener("click", act);
  host.closest(":has(> header)").querySelector("header").append(button);
  return button;
}

/**
 * Column names, and the rows' own values, for a file.
 * @param {Column[]} columns
 * @param {any[]} rows
 * @returns {[string[], any[][]]}
 */
export function sheet(columns, rows) {
  /**
   * @param {Column} column
   * @param {any} row
   */
  const value = (column, row) => (column.value ?? column.sort ?? words(column))(row);
  return [columns.map((column) => column.name), rows.map((row) => columns.map((column) => value(column, row)))];
}

/**
 * The text of a cell; null where it is unknown.
 * @param {Column} column
 */
const words = (column) => (/** @type {any} */ row) => {
  const { text } = column.cell(row, 0);
  return text === UNKNOWN ? null : text;
};

/**
 * @param {Column} column
 * @param {(column: Column) => void} order
 */
function head(column, order) {
  const cell = element("th", { scope: "col", className: column.num ? "num" : "", title: column.title ?? "" });
  const button = element("button", { type: "button", className: "sort", textContent: column.name });
  button.addEventListener("click", () => order(column));
  cell.append(button);
  return cell;
}

/**
 * @param {Dom[]} heads
 * @param {Column[]} columns
 * @param {Order | null} sort
 */
function mark(heads, columns, sort) {
  heads.forEach((cell, i) => {
    if (sort?.by === columns[i].id) cell.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
}

/**
 * The rows in an order. Unknown values are last in both directions.
 * @param {any[]} rows
 * @param {Column[]} columns
 * @param {Order | null} sort
 */
export function arrange(rows, columns, sort) {
  const column = sort && columns.find(({ id }) => id === sort.by);
  if (!column) return rows;
  const by = column.sort ?? column.value ?? words(column);
  const way = sort.down ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [by(one), by(other)];
    const unknown = (a === null || a === undefined ? 1 : 0) - (b === null || b === undefined ? 1 : 0);
    return unknown || (a < b ? -way : a > b ? way : 0);
  });
}

/** @param {Column[]} columns */
function blank(columns) {
  const line = element("tr");
  for (const column of columns)
    line.append(
      element("td", {
        className: [column.num && "num", column.wrap && "wrap", column.id === "id" && "id"].filter(Boolean).join(" "),
      }),
    );
  return line;
}

/**
 * @param {Dom} cell
 * @param {Cell} options
 */
function fill(cell, { text, title = "", href, flag, state, time }) {
  const print = [text, title, href, flag, state, time].join("\u0000");
  if (cell.dataset.print === print) return;
  cell.dataset.print = print;
  cell.title = title;
  const inside = href
    ? (cell.querySelector("a") ?? element("a"))
    : time
      ? element("time", { dateTime: time })
      : flag || state
        ? element("span")
        : null;
  if (!inside) {
    cell.textContent = text;
    return;
  }
  if (href) inside.href = href;
  if (flag) {
    inside.className = "flag";
    inside.dataset.flag = flag;
  }
  if (state) {
    inside.className = "state-word";
    inside.dataset.state = state;
  }
  inside.textContent = text;
  if (inside.parentNode !== cell) cell.replaceChildren(inside);
}

/**
 * Opens a row on a click, except on a link or a button in it, or after a selection.
 * @param {Dom} body
 */
export function opens(body) {
  body.addEventListener("click", (/** @type {any} */ event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button") || String(window.getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href);
    else window.location.assign(row.dataset.href);
  });
}
