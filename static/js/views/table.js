/** A table with keyed rows. A header sorts it, a click or Enter opens a row, and a button saves it as a file. */

import { UNKNOWN } from "../lib/format.js";
import { csv } from "../models/figures.js";
import { around, element, find, setText } from "./dom.js";
import { save } from "./save.js";

/**
 * @import { Act, Cell, Column, Order, Sortable } from "../models/types.js"
 */

/**
 * @template Row
 * @typedef {object} TableOptions
 * @property {Column<Row>[]} columns
 * @property {(row: Row) => string} key
 * @property {string} caption
 * @property {Order | null} [sort]
 * @property {(order: Order) => void} [sorted]
 * @property {((row: Row) => string) | null} [href] where a row leads
 * @property {string | null} [file] the name of the file, without its ending
 * @property {string | null} [none]
 */

/**
 * Builds a table in `host`; show(rows, now) fills it. `sort` is the first order, and `sorted(order)` hears of another.
 * A column without sort() is sorted by its value() or its text. With `file`, a button in the nearest header saves the
 * rows under that name. `none` is the text of a table without rows.
 * @template Row
 * @param {HTMLElement} host
 * @param {TableOptions<Row>} options
 */
export function table(
  host,
  { columns, key, caption, sort = null, sorted = () => {}, href = null, file = null, none = null },
) {
  /** @type {Map<string, HTMLTableRowElement>} */
  const held = new Map();
  const body = element("tbody");
  let chosen = sort;
  /** @type {[Row[], number]} */
  let present = [[], 0];

  /** @param {Column<Row>} column */
  const order = (column) => {
    const again = chosen?.by === column.id;
    chosen = { by: column.id, down: again ? !chosen?.down : Boolean(column.num) };
    sorted(chosen);
    mark(heads, columns, chosen);
    show(...present);
  };
  const heads = columns.map((column) => head(column, order));

  /**
   * @param {Row[]} rows
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
    for (const [i, column] of columns.entries())
      if (column.optional) hide(i, !wanted.some((row) => column.cell(row, now).text));
    if (button) button.disabled = !wanted.length;
    if (empty) empty.hidden = wanted.length > 0;
  }

  /**
   * @param {Row} row
   * @param {number} index
   * @param {number} now
   */
  function place(row, index, now) {
    const id = key(row);
    const line = held.get(id) ?? blank(columns);
    held.set(id, line);
    if (href) line.dataset.href = href(row);
    line.dataset.key = id;
    for (const [i, column] of columns.entries()) fill(line.cells[i], column.cell(row, now));
    if (body.rows[index] !== line) body.insertBefore(line, body.rows[index] ?? null);
  }

  /**
   * Hides a column in which no row has anything, or shows it.
   * @param {number} i
   * @param {boolean} hidden
   */
  function hide(i, hidden) {
    for (const cell of [heads[i], ...[...held.values()].map((line) => line.cells[i])]) cell.hidden = hidden;
  }

  mark(heads, columns, chosen);
  const skeleton = host.querySelector(".skeleton.rows");
  const title = element("caption", { className: "sr", textContent: caption });
  host.replaceChildren(element("table", {}, title, element("thead", {}, element("tr", {}, ...heads)), body));
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
 * Adds the CSV button to the nearest header above the table.
 * @param {HTMLElement} host
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
  find(host.closest(":has(> header)") ?? document, "header").append(button);
  return button;
}

/**
 * Column names, and the rows' own values, for a file.
 * @template Row
 * @param {Column<Row>[]} columns
 * @param {Row[]} rows
 * @returns {[string[], Sortable[][]]}
 */
export function sheet(columns, rows) {
  const values = columns.map((column) => column.value ?? column.sort ?? words(column));
  return [columns.map((column) => column.name ?? ""), rows.map((row) => values.map((value) => value(row)))];
}

/**
 * Returns the text of a cell; null where it is unknown.
 * @template Row
 * @param {Column<Row>} column
 * @returns {(row: Row) => Sortable}
 */
const words = (column) => (row) => {
  const { text } = column.cell(row, 0);
  return text === UNKNOWN ? null : text;
};

/**
 * @template Row
 * @param {Column<Row>} column
 * @param {(column: Column<Row>) => void} order
 */
function head(column, order) {
  const button = element("button", { type: "button", className: "sort", textContent: column.name });
  button.addEventListener("click", () => order(column));
  const looks = { scope: "col", className: column.num ? "num" : "", title: column.title ?? "" };
  return element("th", looks, button);
}

/**
 * @param {HTMLElement[]} heads
 * @param {{ id: string }[]} columns
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
 * @template Row
 * @param {Row[]} rows
 * @param {Column<Row>[]} columns
 * @param {Order | null} sort
 */
export function arrange(rows, columns, sort) {
  const column = sort && columns.find(({ id }) => id === sort.by);
  if (!column) return rows;
  const by = column.sort ?? column.value ?? words(column);
  const way = sort.down ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [by(one), by(other)];
    if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
    if (b === null || b === undefined) return -1;
    return a < b ? -way : a > b ? way : 0;
  });
}

/** @param {{ id: string, name?: string, num?: boolean, wrap?: boolean }[]} columns */
const blank = (columns) =>
  element(
    "tr",
    {},
    ...columns.map(({ id, name = "", num, wrap }) => {
      const className = [num && "num", wrap && "wrap", id === "id" && "id"].filter(Boolean).join(" ");
      const cell = element("td", { className });
      cell.dataset.name = name; // where a narrow screen has no heads
      return cell;
    }),
  );

/**
 * @param {HTMLElement} cell
 * @param {Cell} options
 */
function fill(cell, { text, title = "", href, flag, state, time, acts }) {
  const print = [text, title, href, flag, state, time, JSON.stringify(acts)].join("\u0000");
  if (cell.dataset.print === print) return;
  cell.dataset.print = print;
  cell.title = title;
  if (acts) return buttons(cell, acts, text);
  const inside = href
    ? Object.assign(cell.querySelector("a") ?? element("a"), { href })
    : time
      ? element("time", { dateTime: time })
      : flag || state
        ? element("span")
        : null;
  if (!inside) {
    cell.textContent = text;
    return;
  }
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
 * The buttons of a cell, after its text. A button that stays keeps the focus; one that goes gives it
 * to the first that is left, or to the table.
 * @param {HTMLElement} cell
 * @param {Act[]} acts
 * @param {string} text
 */
export function buttons(cell, acts, text = "") {
  const held = new Map([...cell.querySelectorAll("button")].map((button) => [button.dataset.act ?? "", button]));
  const made = acts.map(({ act, words, label, pressed }) => {
    const button = held.get(act) ?? element("button", { type: "button", className: "button small" });
    button.dataset.act = act;
    setText(button, words);
    button.setAttribute("aria-label", label);
    if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
    return button;
  });
  if (made.every((button) => held.has(button.dataset.act ?? "")) && held.size === made.length && !text) return;
  const active = cell.contains(document.activeElement) ? document.activeElement : null;
  cell.replaceChildren(...(text ? [text, " "] : []), ...made);
  if (active) (made.find((button) => button === active) ?? made[0] ?? host(cell))?.focus();
}

/**
 * The nearest element around a cell that takes the focus.
 * @param {HTMLElement} cell
 * @returns {HTMLElement | null}
 */
const host = (cell) => cell.closest("[tabindex]");

/**
 * Opens a row on a click, except on a link or a button in it, or after a selection.
 * @param {HTMLElement} body
 */
export function opens(body) {
  body.addEventListener("click", (event) => {
    const href = around(event, "tr[data-href]")?.dataset.href;
    if (!href || around(event, "a, button") || String(window.getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(href);
    else window.location.assign(href);
  });
}
