/** The keyboard of every page: `g` and a letter open a page, single letters act, and not while typing. */

import { around } from "./dom.js";

const PATIENCE = 1200;

const FIELDS = "input, textarea, select, [contenteditable]";

/**
 * acts: {letter: function}; go(letter) handles the key after `g`. Keys count at the time of the press, however busy the
 * page was.
 * @param {Record<string, () => unknown>} acts
 * @param {(letter: string) => unknown} go
 */
export function keys(acts, go) {
  let since = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || around(event, FIELDS)) return;
    if (document.querySelector("dialog[open]")) return;
    const after = event.timeStamp - since < PATIENCE;
    since = event.key === "g" ? event.timeStamp : -Infinity;
    const act = after ? () => go(event.key) : acts[event.key];
    if (!act) return;
    if (act() !== false) event.preventDefault();
  });
}
