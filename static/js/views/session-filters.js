/** The form of filters: reports changes, and shows the filters of the address. */

import { zone } from "../lib/format.js";
import { isTyped, local, query } from "../models/sessions-list.js";

import { find } from "./dom.js";

const PATIENCE = 250;
const TIMES = ["since", "until"];

/**
 * asked(query, {name, typed}) is called at each change. Returns {fill(query)}.
 * @param {HTMLFormElement} form
 * @param {(query: string, change: { name: string, typed: boolean }) => void} asked
 */
export function filters(form, asked) {
  let waiting = 0;
  let shown = "";
  /**
   * @param {string} name
   * @param {boolean} typed
   */
  const tell = (name, typed) => {
    clearTimeout(waiting);
    asked(query(new FormData(form), shown), { name, typed });
  };
  form.addEventListener("input", ({ target }) => {
    if (!isField(target)) return;
    const { name } = target;
    clearTimeout(waiting);
    waiting = window.setTimeout(() => tell(name, isTyped(name)), isTyped(name) || TIMES.includes(name) ? PATIENCE : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell("", false);
  });
  find(form, "[data-zone]").textContent = zone(Date.now());
  /** @param {string} words */
  const fill = (words) => {
    clearTimeout(waiting);
    shown = words;
    show(form, new URLSearchParams(words));
  };
  fill(window.location.search);
  return { fill };
}

/**
 * @param {unknown} node
 * @returns {node is HTMLInputElement | HTMLSelectElement}
 */
const isField = (node) => node instanceof HTMLInputElement || node instanceof HTMLSelectElement;

/**
 * @param {HTMLFormElement} form
 * @param {URLSearchParams} chosen
 */
function show(form, chosen) {
  if (!chosen.has("state")) chosen.set("state", chosen.get("outcome") ?? "");
  const further = find(form, "details", HTMLDetailsElement);
  for (const field of [...form.elements].filter(isField)) {
    if (!field.name) continue;
    const value = chosen.get(field.name) ?? "";
    field.value = TIMES.includes(field.name) ? local(value) : value;
    if (field.value && further.contains(field)) further.open = true;
  }
}
