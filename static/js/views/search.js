/** A field that searches what the page shows. Its words are `q` in the address; Escape leaves it. */

import { read, write } from "../lib/address.js";

/**
 * Returns words(). typed() is called at each change.
 * @param {HTMLInputElement} field
 * @param {() => void} typed
 */
export function search(field, typed) {
  field.value = read("q", "");
  field.addEventListener("input", () => {
    write({ q: field.value.trim() });
    typed();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") field.blur();
  });
  return () => field.value.trim();
}
