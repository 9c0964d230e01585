/** The switch of desktop notifications and sounds of this browser. The permission is asked for by a click alone. */

import { OFF, permitted } from "../models/alarms.js";
import { browser, choose, chosen, tryOut, wake } from "./alarms.js";
import { find, setText } from "./dom.js";

/** @import { Severity } from "../models/alarms.js" */

/** @param {HTMLFormElement} form */
export function alarmSwitch(form) {
  const [show, sound] = ["show", "sound"].map((name) => find(form, `[name=${name}]`, HTMLInputElement));
  const least = find(form, "[name=least]", HTMLSelectElement);
  const attempt = find(form, "button", HTMLButtonElement);

  function draw() {
    const choice = chosen();
    const permission = browser.permission();
    show.checked = choice.show && permission === "granted";
    sound.checked = choice.sound;
    least.value = choice.least;
    attempt.disabled = !(show.checked || sound.checked);
    setText(find(form, "[role=status]"), permitted(permission, choice.show));
  }

  form.addEventListener("change", async ({ target }) => {
    if (target === show && show.checked) await browser.ask();
    if (sound.checked) await wake();
    choose({ show: show.checked, sound: sound.checked, least: severity() }, Date.now());
    draw();
  });
  attempt.addEventListener("click", async () => {
    if (sound.checked) await wake();
    tryOut(severity());
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  const severity = () => /** @type {Severity} */ (least.value || OFF.least);
  draw();
}
