/** The panel of an empty dashboard: a command that sends an event, and a button that copies it. */

import { curl } from "../models/figures.js";
import { copied } from "./copy.js";

/** @import { Dom } from "./dom.js" */

/**
 * @param {Dom} panel
 * @param {Dom} board
 */
export function onboarding(panel, board) {
  const code = panel.querySelector("#onboarding-curl");
  const button = panel.querySelector("#onboarding-copy");
  code.textContent = curl(panel.dataset.url, panel.dataset.key);
  button.addEventListener("click", async () => {
    button.firstElementChild.textContent = (await copied(code)) ? "Copied" : "Press Ctrl C";
    setTimeout(() => {
      button.firstElementChild.textContent = "Copy";
    }, 2500);
  });
  return {
    /** @param {boolean} empty */
    show(empty) {
      panel.hidden = !empty;
      board.hidden = empty;
    },
  };
}
