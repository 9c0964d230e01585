/** The buttons for 7, 28 or 90 days: the choice stands in the address as `days`. */

import { read, write } from "../lib/address.js";

/** @import { Dom } from "./dom.js" */

const ALL = ["7", "28", "90"];

/**
 * {range()}: "28d" for a subscription; turn() hears of another choice.
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
