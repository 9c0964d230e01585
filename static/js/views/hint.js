/** The `?` beside a figure shows its meaning on hover, focus or click. Escape hides it. */

import { byId, findAll } from "./dom.js";

/** @param {ParentNode} root */
export function hints(root) {
  for (const button of findAll(root, ".hint")) bind(button, byId(button.getAttribute("aria-controls") ?? ""));
}

/**
 * @param {HTMLElement} button
 * @param {HTMLElement} text
 */
function bind(button, text) {
  let pinned = false;
  /** @param {boolean} wanted */
  const show = (wanted) => {
    text.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
  };
  const away = () => {
    pinned = false;
    show(false);
  };
  button.setAttribute("aria-describedby", text.id);
  button.addEventListener("click", () => {
    pinned = !pinned;
    show(pinned);
  });
  button.addEventListener("mouseenter", () => show(true));
  button.addEventListener("mouseleave", () => show(pinned));
  button.addEventListener("focus", () => {
    if (button.matches(":focus-visible")) show(true);
  });
  button.addEventListener("blur", away);
  button.addEventListener("keydown", (event) => {
    if (event.key === "Escape") away();
  });
}
