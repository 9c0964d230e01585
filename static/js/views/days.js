/** The buttons for 7, 28 or 90 days. The choice is `days` in the address. */

import { read, write } from "../lib/address.js";

/** @import { Dom } from "./dom.js" */

const ALL = ["7", "28", "90"];

/**
 * Returns {range()}, as "28d". turn() is called for a new choice.
 * @param {Dom} host
 * @param {string} preset
 * @param {() => void} turn
 */
export function days(host, preset, turn) {
  const chosen = () => (ALL.includes(read("days", preset)) ? read("days", preset) : preset);
  const mark = () => {
    for (const button of host.children) button.setAttribute("aria-pressed", String(button.dataset.days === chosen()));
  };
  const again = () => {
    mark();
    turn();
  };
  host.addEventListener("click", (/** @type {any} */ event) => {
    const wanted = event.target.closest("[data-days]")?.dataset.days;
    if (!wanted || wanted === chosen()) return;
    write({ days: wanted }, { step: true });
    again();
  });
  window.addEventListener("popstate", again);
  mark();
  return { range: () => `${chosen()}d` };
}
