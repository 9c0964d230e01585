/** What every page has: the end of the log-in, theme, keys, full screen, help, the user's menu. */

import { byId } from "../views/dom.js";
import { keys } from "../views/keys.js";
import { leaves } from "../views/leave.js";
import { theme } from "../views/theme.js";

/** @import { Dom } from "../views/dom.js" */

function full() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

function marked() {
  const on = Boolean(document.fullscreenElement);
  document.documentElement.classList.toggle("full-screen", on);
  byId("full").setAttribute("aria-pressed", String(on));
}

function range() {
  const buttons = /** @type {Dom[]} */ ([...document.querySelectorAll("#range button")]);
  if (!buttons.length) return false;
  const now = buttons.findIndex((button) => button.getAttribute("aria-pressed") === "true");
  buttons[(now + 1) % buttons.length].click();
  return true;
}

/** @param {string} letter */
function go(letter) {
  /** @type {Dom} */
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  if (!link) return false;
  window.location.assign(link.href);
  return true;
}

function search() {
  /** @type {Dom} */
  const field = document.querySelector('input[type="search"]');
  if (!field) return false;
  field.focus();
  return true;
}

function menu() {
  const user = byId("user");
  document.addEventListener("click", (/** @type {any} */ event) => {
    if (!user.contains(event.target)) user.open = false;
  });
  user.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.key !== "Escape") return;
    user.open = false;
    user.querySelector("summary").focus();
  });
}

/** @param {string} id */
const press = (id) => () => {
  const button = byId(id);
  if (!button) return false;
  button.click();
  return true;
};

leaves();
theme(byId("theme"));
menu();
byId("full").addEventListener("click", full);
byId("help-open").addEventListener("click", () => byId("help").showModal());
document.addEventListener("fullscreenchange", marked);
keys({ t: range, p: press("pause"), f: press("full"), "/": search, "?": press("help-open") }, go);
