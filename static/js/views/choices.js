/** The row of buttons that chooses what a chart shows. */

import { element } from "./dom.js";

/** @import { Choice } from "../charts/types.js" */

/**
 * Appends a button for each [{id, name}]. chose(id) is called for a new choice.
 * @param {HTMLElement} host
 * @param {string} label
 * @param {Choice[]} all
 * @param {string | undefined} first
 * @param {(id: string) => void} chose
 */
export function choices(host, label, all, first, chose) {
  const buttons = all.map(({ id, name }) => {
    const button = element("button", { type: "button", textContent: name });
    button.dataset.choice = id;
    button.addEventListener("click", () => {
      press(id);
      chose(id);
    });
    return button;
  });
  /** @param {string | undefined} id */
  const press = (id) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.choice === id));
  };
  press(first);
  const group = element("div", { className: "choices", role: "group" }, ...buttons);
  group.setAttribute("aria-label", `${label}: what is shown`);
  host.append(group);
}
