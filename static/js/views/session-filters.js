/** The form of filters: reports changes, and shows the filters of the address. */

import { zone } from "../lib/format.js";
import { isTyped, local, query } from "../models/sessions-list.js";

/** @import { Dom } from "./dom.js" */

const PATIENCE = 250;
const TIMES = ["since", "until"];

/**
 * asked(query, {name, typed}) is called at each change. Returns {fill(query)}.
 * @param {Dom} form
 * @param {(query: string, change: { name: string, typed: boolean }) => void} asked
 */
export function filters(form, asked) {
  let waiting = 0;
  /**
   * @param {string} name
   * @param {boolean} typed
   */
  const tell = (name, typed) => {
    clearTimeout(waiting);
    asked(query(new FormData(form)), { name, typed });
  };
  form.addEventListener("input", (/** @type {any} */ { target }) => {
    clearTimeout(waiting);
    waiting = setTimeout(
      () => tell(target.name, isTyped(target.name)),
      isTyped(target.name) || TIMES.includes(target.name) ? PATIENCE : 0,
    );
  });
  form.addEventListener("submit", (/** @type {any} */ event) => {
    event.preventDefault();
    tell("", false);
  });
  form.querySelector("[data-zone]").textContent = zone(Date.now());
  /** @param {string} words */
  const fill = (words) => {
    clearTimeout(waiting);
    show(form, new URLSearchParams(words));
  };
  fill(window.location.search);
  return { fill };
}

/**
 * @param {Dom} form
 * @param {URLSearchParams} chosen
 */
function show(form, chosen) {
  for (const field of form.elements) {
    if (!field.name) continue;
    const value = chosen.get(field.name) ?? "";
    field.value = TIMES.includes(field.name) ? local(value) : value;
  }
  const inside = [...form.querySelectorAll("details [name]")];
  if (inside.some((field) => field.value)) form.querySelector("details").open = true;
}
