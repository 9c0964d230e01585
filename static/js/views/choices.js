/** The row of buttons that chooses what a chart shows. */

/**
 * @import { Dom } from "./dom.js"
 * @import { Choice } from "../charts/types.js"
 */

/**
 * Appends a button for each [{id, name}]. chose(id) is called for a new choice.
 * @param {Dom} host
 * @param {string} label
 * @param {Choice[]} all
 * @param {string | undefined} first
 * @param {(id: string) => void} chose
 */
export function choices(host, label, all, first, chose) {
  /** @type {Dom} */
  const group = document.createElement("div");
  group.className = "choices";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", `${label}: what is shown`);
  /** @param {string | undefined} id */
  const press = (id) => {
    for (const button of group.children) button.setAttribute("aria-pressed", String(button.dataset.choice === id));
  };
  group.append(
    ...all.map(({ id, name }) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.dataset.choice = id;
      button.addEventListener("click", () => {
        press(id);
        chose(id);
      });
      return button;
    }),
  );
  press(first);
  host.append(group);
}
