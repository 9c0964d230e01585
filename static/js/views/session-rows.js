/** Formats the server-made rows of sessions, and keeps their times fresh. */

import { ago, cost, count, duration, exact, UNKNOWN, WHY } from "../lib/format.js";
import { slowness } from "../models/select.js";

import { around, element, findAll } from "./dom.js";

/** @type {Record<string, (value: number) => { text: string, flag?: string | null, why?: string }>} */
const WRITE = {
  count: (value) => ({ text: count(value) }),
  cost: (value) => ({ text: cost(value) }),
  duration: (value) => ({ text: duration(value), why: WHY.message }),
  wait: (value) => {
    const flag = slowness(value);
    return { text: duration(value), flag, why: WHY.answer };
  },
  errors: (value) => ({ text: count(value), flag: value > 0 ? "bad" : null }),
};

/** @param {HTMLElement} cell */
function write(cell) {
  const given = (cell.textContent ?? "").trim();
  const { text, flag, why } = WRITE[cell.dataset.format ?? ""](given === "" ? NaN : Number(given));
  cell.textContent = text;
  if (why && text === UNKNOWN) cell.title = why;
  delete cell.dataset.format;
  if (!flag) return;
  const mark = element("span", { className: "flag", textContent: text });
  mark.dataset.flag = flag;
  if (flag !== "bad") {
    mark.title = flag;
    mark.append(element("span", { className: "sr", textContent: ` ${flag}` }));
  }
  cell.replaceChildren(mark);
}

/**
 * Formats each figure below `root` that is not formatted yet.
 * @param {HTMLElement} root
 */
export function rows(root) {
  for (const cell of findAll(root, "td[data-format]")) write(cell);
  times(root);
}

/**
 * Writes how long ago each time below `root` is.
 * @param {HTMLElement} root
 */
export function times(root) {
  /** @type {Iterable<HTMLTimeElement>} */
  const all = root.querySelectorAll("td time");
  for (const node of all) {
    node.textContent = ago(node.dateTime, Date.now());
    node.title = exact(node.dateTime);
  }
}

/**
 * The keys up and down move the focus to the link of the next or previous row.
 * @param {HTMLElement} body
 */
export function walks(body) {
  body.addEventListener("keydown", (event) => {
    const row = around(event, "tbody tr");
    const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
    const link = next?.querySelector("a");
    if (!link) return;
    event.preventDefault();
    link.focus();
  });
}
