/** The page Sessions: loads the list from its own address, and goes on while a page is short. */

import { clock, zone } from "../lib/format.js";
import {
  begun,
  between,
  fold,
  foundBefore,
  goesOn,
  minute,
  newsWords,
  progress,
  same,
  trouble,
} from "../models/sessions-list.js";
import { around, byId, element, find } from "../views/dom.js";
import { keep } from "../views/list-order.js";
import { filters } from "../views/session-filters.js";
import { rows, times, walks } from "../views/session-rows.js";
import { opens } from "../views/table.js";

const SLOW = 150;
/** Milliseconds between two questions for news. */
const NEWS = 10_000;

/** The server's refusal of a request. */
class Refused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

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
    await new Promise(() => {});
  }
  if (!answer.ok) throw new Refused(answer.status);
  return find(new DOMParser().parseFromString(await answer.text(), "text/html"), "#list");
}

/** @param {HTMLElement} part */
const page = (part) => ({
  rows: Number(part.dataset.rows),
  examined: Number(part.dataset.examined),
  next: part.dataset.next ?? "",
});

/**
 * Replaces the list. The focus stays where it was.
 * @param {HTMLElement} part
 */
function replaceList(part) {
  const held = byId("list").contains(document.activeElement) ? document.activeElement : null;
  byId("list").replaceWith(part);
  if (held instanceof HTMLElement) {
    const { sort } = held.dataset;
    const next = part.querySelector(sort ? `[data-sort="${sort}"]` : ".table-box, .empty a");
    (next instanceof HTMLElement ? next : byId("main")).focus();
  }
  ready();
}

/** Binds the list of the page. */
function ready() {
  const list = byId("list");
  const body = list.querySelector("tbody");
  if (body) {
    opens(body);
    walks(body);
  }
  rows(list);
  moments(list);
  byId("news").hidden = true;
  remember(list);
  const asof = byId("asof", HTMLTimeElement);
  const at = Date.parse(asof.dateTime);
  asof.textContent = `${clock(at)} ${zone(at)}`;
}

/**
 * Writes the times of the filters in the viewer's zone.
 * @param {HTMLElement} list
 */
function moments(list) {
  for (const span of list.querySelectorAll(".span")) {
    const ends = [...span.querySelectorAll("time")];
    const words = between(ends[0].dateTime, ends[1].dateTime, Date.now());
    for (const [i, node] of ends.entries()) {
      node.textContent = words[i];
      delete node.dataset.moment;
    }
  }
  for (const node of list.querySelectorAll("time"))
    if ("moment" in node.dataset) node.textContent = minute(node.dateTime);
}

/**
 * Remembers the sessions of the list, in order, for "previous" and "next" on their pages.
 * @param {HTMLElement} list
 */
function remember(list) {
  const links = [...list.querySelectorAll("#rows td.id a")].map((link) => link.getAttribute("href") ?? "");
  keep({ list: window.location.pathname + window.location.search, links });
}

/** Asks what has come since the list was loaded, while somebody looks at its first page. */
async function news() {
  const list = byId("list");
  if (document.hidden || "further" in list.dataset || goesOn(state)) return;
  try {
    const answer = await fetch(window.location.href, {
      headers: { "X-Part": "news", "X-After": list.dataset.place ?? "" },
    });
    if (!answer.ok || answer.redirected || list !== byId("list")) return;
    tell(newsWords(await answer.json()));
  } catch {
    // The next question may be answered; a lost connection is said where the list is loaded again.
  }
}

/** @param {string} words */
function tell(words) {
  const bar = byId("news");
  bar.hidden = !words;
  if (!words || bar.dataset.words === words) return;
  bar.dataset.words = words;
  bar.replaceChildren(
    words,
    " ",
    button("Show", () => show(window.location.href)),
  );
}

/** @param {boolean} [stopped] */
function say(stopped = false) {
  const line = byId("progress");
  line.textContent = progress(state, { stopped });
  if (!goesOn(state) || stopped) return;
  line.append(" ", button("Stop", halt));
}

/**
 * @param {string} words
 * @param {() => void} act
 */
function button(words, act) {
  const made = element("button", { type: "button", className: "button small", textContent: words });
  made.addEventListener("click", act);
  return made;
}

/** The button under the table: the next page, or more of the search. */
function further() {
  const link = document.getElementById("next");
  if (!(link instanceof HTMLAnchorElement)) return;
  const around = link.parentElement;
  const place = around?.children.length === 1 ? around : link; // its line, where nothing else stands there
  place.hidden = goesOn(state) && !going.signal.aborted;
  if (!state.next) place.remove();
  else {
    link.href = state.next;
    link.textContent = goesOn(state) ? "Search further" : "Next page";
  }
}

function halt() {
  if (!goesOn(state)) return;
  going.abort();
  say(true);
  further();
}

/** @param {HTMLElement} part */
function append(part) {
  const body = find(byId("rows"), "tbody");
  rows(part);
  body.append(...part.querySelectorAll("#rows tbody tr"));
  remember(byId("list"));
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
 * @param {unknown} error
 * @param {(signal: AbortSignal) => Promise<unknown>} work
 */
function failed(error, work) {
  document.getElementById("trouble")?.remove();
  const words = element("p", { textContent: trouble(error instanceof Refused ? error.status : undefined) });
  const again = button("Try again", () => {
    box.remove();
    alone(work);
  });
  const box = element("div", { className: "trouble", id: "trouble", role: "alert" }, words, again);
  find(byId("list"), "header").after(box);
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

const form = filters(byId("filters", HTMLFormElement), (words, { name, typed }) => {
  if (!typed || !same(words, window.location.search)) go(words, { typed: typed ? name : null });
});

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = around(event, "#list a[data-part], #next");
  if (!(link instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  if (link.id === "next" && goesOn(state)) {
    alone(goOn);
    return;
  }
  const words = new URL(link.href).search;
  form.fill(words);
  go(words);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") halt();
});
window.addEventListener("popstate", () => {
  typedIn = null;
  form.fill(window.location.search);
  show(window.location.href);
});
setInterval(() => times(byId("list")), 10_000);
setInterval(news, NEWS);

ready();
state = fold(begun, page(byId("list")));
if (goesOn(state)) alone(goOn);
