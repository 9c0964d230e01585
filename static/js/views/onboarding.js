/** The panel of an empty dashboard, with a command that sends an event. */

import { curl } from "../models/figures.js";
import { find } from "./dom.js";

/**
 * @param {HTMLElement} panel
 * @param {HTMLElement} board
 */
export function onboarding(panel, board) {
  find(panel, "#onboarding-curl").textContent = curl(panel.dataset.url ?? "", panel.dataset.key ?? "");
  return {
    /** @param {boolean} empty */
    show(empty) {
      panel.hidden = !empty;
      board.hidden = empty;
    },
  };
}
