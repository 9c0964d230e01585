/** The page Sessions: loads the list from its own address, and goes on while a page is short. */

import { clock, zone } from "../lib/format.js";
import { begun, fold, foundBefore, goesOn, minute, progress, same, trouble } from "../models/sessions-list.js";
import { byId } from "../views/dom.js";
import { filters } from "../views/session-filters.js";
import { rows, times, walk } from "../views/session-rows.js";
import { opens } from "../views/table.js";

/** @import { Dom } from "../views/dom.js" */

const SLOW = 150;
let going = new AbortController();
let state = begun;
/** @type {string | null} */
let typedIn = null;

/**
 * Loads the list of an address. `found` is the number of sessions that earlier parts of a search have found.
 * @param {string} address
 * @param {AbortSignal} signal
 * @param {number | null} [found]
 */
async function ask(address, signal, found = null) {
  const answer = await fetch(address, {
    headers: { "X-Part": "list", ...(found !== null && { "X-Found": String(found) }) },
    signal,
  });
  if (answer.redirected) {
    window.location.reload();
    return new Promise(() => {});
  }
  if (!answer.ok) throw Object.assign(new Error("refused"), { status: answer.status });
  return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("list");
}

/** @param {Dom} part */
const page = (part) => ({
  rows: Number(part.dataset.rows),
  examined: Number(part.dataset.examined),
  next: part.dataset.next,
});

/**
 * Replaces the list. The focus stays where it was.
 * @param {Dom} part
 */
function replaceList(part) {
  /** @type {Dom} */
  const held = byId("list").contains(document.activeElement) ? document.activeElement : null;
  byId("list").replaceWith(part);
  if (held)
    (
      part.querySelector(held.dataset.sort ? `[data-sort="${held.dataset.sort}"]` : ".table-box, .empty a") ??
      byId("main")
    ).focus();
  ready();
}

/** Binds the list of the page. */
function ready() {
  const body = byId("rows")?.tBodies[0];
  if (body) {
    opens(body);
    body.addEventListener("keydown", walk);
  }
  rows(byId("list"));
  for (const node of byId("list").querySelectorAll("[data-moment]")) node.textContent = minute(node.dateTime);
  const asof = byId("asof");
  const at = Date.parse(asof.dateTime);
  asof.textContent = `${clock(at)} ${zone(at)}`;
}

/** @param {boolean} [stopped] */
function say(stopped = false) {
  const line = byId("progress");
  line.textContent = progress(state, { stopped });
  if (!goesOn(state) || stopped) return;
  const stop = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button small",
    textContent: "Stop",
  });
  stop.addEventListener("click", halt);
  line.append(" ", stop);
}

/** The button under the table: the next page, or more of the search. */
function further() {
  const link = byId("next");
  if (!link) return;
  const place = link.parentElement.children.length > 1 ? link : link.parentElement;
  place.hidden = goesOn(state) && !going.signal.aborted;
  if (!state.next) place.remove();
  else {
    link.href = state.next;
    link.textContent = goesOn(state) ? "Look on" : "Next page";
  }
}

function halt() {
  if (!goesOn(state)) return;
  going.abort();
  say(true);
  further();
}

/** @param {Dom} part */
function append(part) {
  const body = byId("rows").tBodies[0];
  rows(part);
  body.append(...part.querySelectorAll("#rows tbody tr"));
}

/** Goes on until the page is full, the list ends, or another request is made. */
async function goOn() {
  const { signal } = going;
  further();
  say();
  while (goesOn(state)) {
    const part = await ask(state.next, signal, foundBefore(state, window.location.search));
    state = fold(state, page(part));
    if (!state.found && !state.next) {
      replaceList(part);
      break;
    }
    append(part);
    say();
    further();
  }
}

/**
 * Runs one request at a time. It aborts the one before, and shows an error.
 * @param {(signal: AbortSignal) => Promise<unknown>} work
 */
async function alone(work) {
  going.abort();
  going = new AbortController();
  const { signal } = going;
  const busy = setTimeout(() => byId("list").setAttribute("aria-busy", "true"), SLOW);
  try {
    await work(signal);
  } catch (error) {
    if (!signal.aborted) failed(error, work);
  } finally {
    clearTimeout(busy);
    if (!signal.aborted) byId("list").removeAttribute("aria-busy");
  }
}

/**
 * @param {any} error
 * @param {(signal: AbortSignal) => Promise<unknown>} work
 */
function failed(error, work) {
  byId("trouble")?.remove();
  const box = Object.assign(document.createElement("div"), { className: "trouble", id: "trouble" });
  box.setAttribute("role", "alert");
  const again = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button small",
    textContent: "Try again",
  });
  again.addEventListener("click", () => {
    box.remove();
    alone(work);
  });
  box.append(Object.assign(document.createElement("p"), { textContent: trouble(error.status) }), again);
  byId("list").querySelector("header").after(box);
  byId("progress").textContent = "";
}

/**
 * Shows the list of an address.
 * @param {string} address
 */
const show = (address) =>
  alone(async (signal) => {
    const part = await ask(address, signal);
    state = fold(begun, page(part));
    replaceList(part);
    await goOn();
  });

/**
 * @param {string} words
 * @param {{ typed?: string | null }} [options]
 */
function go(words, { typed = null } = {}) {
  const address = `${window.location.pathname}${words === "?" ? "" : words}`;
  if (!same(words, window.location.search)) {
    window.history[typed && typed === typedIn ? "replaceState" : "pushState"](null, "", address);
  }
  typedIn = typed;
  show(address);
}

const form = filters(byId("filters"), (words, { name, typed }) => {
  if (!typed || !same(words, window.location.search)) go(words, { typed: typed ? name : null });
});

document.addEventListener("click", (/** @type {any} */ event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("#list a[data-part], #next");
  if (!link) return;
  event.preventDefault();
  if (link.id === "next" && goesOn(state)) {
    alone(goOn);
    return;
  }
  const words = new URL(link.getAttribute("href"), window.location.href).search;
  form.fill(words);
  go(words);
});
document.addEventListener("keydown", (/** @type {any} */ event) => {
  if (event.key === "Escape") halt();
});
window.addEventListener("popstate", () => {
  typedIn = null;
  form.fill(window.location.search);
  show(window.location.href);
});
setInterval(() => times(byId("list")), 10_000);

ready();
state = fold(begun, page(byId("list")));
if (goesOn(state)) alone(goOn);
