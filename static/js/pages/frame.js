/** What every page has: the end of the log-in, theme, keys, full screen, help, the user's menu. */

import { demonstration } from "../views/demonstration.js";
import { byId, find } from "../views/dom.js";
import { keys } from "../views/keys.js";
import { kiosk, turn } from "../views/kiosk.js";
import { leaves } from "../views/leave.js";
import { limited } from "../views/limits.js";
import { theme } from "../views/theme.js";

function full() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

function marked() {
  const on = Boolean(document.fullscreenElement);
  document.documentElement.classList.toggle("full-screen", on);
  byId("full").setAttribute("aria-pressed", String(on));
}

/** @param {string} letter */
function go(letter) {
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  if (link instanceof HTMLAnchorElement) window.location.assign(link.href);
  return link !== null;
}

function search() {
  const field = document.querySelector('input[type="search"]');
  if (field instanceof HTMLElement) field.focus();
  return field !== null;
}

/** @param {HTMLDetailsElement} user */
function menu(user) {
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Node && !user.contains(target)) user.open = false;
  });
  user.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    user.open = false;
    find(user, "summary").focus();
  });
}

/** @param {string} id */
const press = (id) => () => {
  const button = document.getElementById(id);
  button?.click();
  return button !== null;
};

limited();
leaves();
theme(byId("theme"));
for (const id of ["user", "demonstration"]) {
  const found = document.getElementById(id);
  if (found instanceof HTMLDetailsElement) menu(found);
}
const badge = document.getElementById("demonstration");
if (badge instanceof HTMLDetailsElement) demonstration(badge);
kiosk();
byId("full").addEventListener("click", full);
byId("help-open").addEventListener("click", () => byId("help", HTMLDialogElement).showModal());
document.addEventListener("fullscreenchange", marked);
keys({ t: press("time-open"), p: press("pause"), f: press("full"), k: turn, "/": search, "?": press("help-open") }, go);
