/** Formats the server-made rows of sessions, and keeps their times fresh. */

import { ago, cost, count, duration, exact, UNKNOWN, WHY } from "../lib/format.js";
import { slowness } from "../models/select.js";

/** @import { Dom } from "./dom.js" */

/** @type {Record<string, (value: number) => { text: string, flag?: string | null, why?: string }>} */
const WRITE = {
  count: (value) => ({ text: count(value) }),
  cost: (value) => ({ text: cost(value) }),
  duration: (value) => ({ text: duration(value), why: WHY.message }),
  wait: (value) => {
    const flag = slowness(value);
    return { text: flag ? `${duration(value)} ${flag}` : duration(value), flag, why: WHY.answer };
  },
  errors: (value) => ({ text: count(value), flag: value > 0 ? "bad" : null }),
};

/** @param {Dom} cell */
function write(cell) {
  const given = cell.textContent.trim();
  const { text, flag, why } = WRITE[cell.dataset.format](given === "" ? NaN : Number(given));
  cell.textContent = text;
  if (why && text === UNKNOWN) cell.title = why;
  delete cell.dataset.format;
  if (!flag) return;
  const mark = document.createElement("span");
  mark.className = "flag";
  mark.dataset.flag = flag;
  mark.textContent = text;
  cell.replaceChildren(mark);
}

/**
 * Formats each figure below `root` that is not formatted yet.
 * @param {Dom} root
 */
export function rows(root) {
  for (const cell of root.querySelectorAll("td[data-format]")) write(cell);
  times(root);
}

/**
 * Writes how long ago each time below `root` is.
 * @param {Dom} root
 */
export function times(root) {
  for (const node of root.querySelectorAll("td time")) {
    node.textContent = ago(node.dateTime, Date.now());
    node.title = exact(node.dateTime);
  }
}

/** @type {Record<string, string>} */
export const STEPS = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" };

/**
 * Moves the focus to the link of the next or previous row.
 * @param {any} event
 */
export function walk(event) {
  const step = STEPS[event.key];
  const link = step && event.target.closest("tbody tr")?.[step]?.querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}
