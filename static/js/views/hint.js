/** The `?` beside a figure shows its meaning on hover, focus or click. Escape hides it. */

/** @import { Dom } from "./dom.js" */

/** @param {Dom} root */
export function hints(root) {
  for (const button of root.querySelectorAll(".hint"))
    bind(button, document.getElementById(button.getAttribute("aria-controls")));
}

/**
 * @param {Dom} button
 * @param {Dom} text
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
  button.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.key === "Escape") away();
  });
}
