/** The button that starts a consistency check, and the line that says how far it is and what it found. */

import { checkWords } from "../models/check-now.js";
import { byId, find, setData, setText } from "./dom.js";

const EVERY = 1000;
const BUSY = 409;

/**
 * Binds the button in `root`, whose data-check is the address of the check. With `resume`, a check that runs already is
 * followed, too. ended() is called when a check has ended.
 * @param {HTMLElement} root
 * @param {{ resume?: boolean, ended?: () => void }} [options]
 */
export function checkNow(root, { resume = false, ended = () => {} } = {}) {
  const names = JSON.parse(byId("figure-names").textContent ?? "{}");
  const [button, line] = [find(root, "button", HTMLButtonElement), find(root, "[role=status]")];
  const address = root.dataset.check ?? "";
  let followed = false;

  /** @param {ReturnType<typeof checkWords>} found */
  function say(found) {
    setText(line, found?.words ?? "");
    setData(line, "well", found?.well ?? "off");
  }

  /** @param {RequestInit} [how] */
  async function ask(how) {
    try {
      const answer = await fetch(address, how);
      if (!answer.ok && answer.status !== BUSY) throw new Error(`status ${answer.status}`);
      const state = await answer.json();
      const runs = state?.state === "running";
      button.disabled = runs;
      if (how || runs || button.dataset.asked) say(checkWords(state, names, answer.status === BUSY));
      if (runs) setTimeout(ask, EVERY);
      else if (followed || how) ended();
      followed = runs;
    } catch {
      button.disabled = false;
      say({ words: "The check could not be started or followed. Try again.", well: "bad" });
    }
  }

  button.addEventListener("click", () => {
    button.disabled = true;
    button.dataset.asked = "true";
    const token = find(document, "[name=csrfmiddlewaretoken]", HTMLInputElement).value;
    ask({ method: "POST", headers: { "X-CSRFToken": token } });
  });
  if (resume) ask();
}
