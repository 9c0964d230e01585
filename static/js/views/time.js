/**
 * The time that the page shows: ranges up to now, a time from one moment to another, and the way back to live. The
 * choice is in the address, and goes along to other pages.
 */

import { read, write } from "../lib/address.js";
import { zone } from "../lib/format.js";
import { around, asked, field, fixed, parameters, preset, rangeWords, written } from "../lib/period.js";
import { byId, around as enclosing, find, findAll, setText } from "./dom.js";

/** @typedef {import("../lib/period.js").Preset} Preset */

/** @type {{ zoom: (range: number[] | null) => void } | null} */
let page = null;

/** Returns whether this page has a time that all its charts share. */
export const shared = () => Boolean(document.getElementById("range"));

/**
 * Shows a stretch of time, ms, on the whole page; null is back to live.
 * @param {number[] | null} range
 */
export const zoomTo = (range) => page?.zoom(range);

/**
 * Binds the controls. Returns {range(), compare()}: the window string, and whether the time before is shown too. turn()
 * is called for a new choice. The button that is pressed at first is the preset.
 * @param {() => void} turn
 */
export function time(turn) {
  const host = byId("range");
  const buttons = [...findAll(document, "[data-range]")];
  const preset_ = buttons.find((button) => button.getAttribute("aria-pressed") === "true")?.dataset.range ?? "";
  const open = byId("time-open");
  const panel = byId("time");
  const form = find(panel, "form", HTMLFormElement);
  const [from, to] = ["from", "to"].map((name) => find(form, `[name="${name}"]`, HTMLInputElement));
  const live = byId("time-live");
  /** The range that "back to live" leads to. */
  let before = preset_;

  /** The window that the address asks for. */
  function range() {
    const window_ = asked(new URLSearchParams(window.location.search)) ?? preset_;
    return fixed(window_) || buttons.some((button) => button.dataset.range === window_) ? window_ : preset_;
  }

  function mark() {
    const now = range();
    const ends = fixed(now);
    if (!ends) before = now;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.range === now));
    open.toggleAttribute("data-fixed", Boolean(ends));
    setText(find(open, ".time-words"), ends ? rangeWords(now) : "From – to");
    setText(find(open, ".time-short"), rangeWords(now));
    live.hidden = !ends;
    carry(now === preset_ ? null : now);
  }

  function again() {
    mark();
    turn();
  }

  /** @param {string} wanted */
  function choose(wanted) {
    if (panel.matches(":popover-open")) panel.hidePopover();
    if (wanted === range()) return;
    write(parameters(wanted), { step: true });
    again();
  }

  /** Fills the form with the time that is shown. */
  function offer() {
    const ends = fixed(range()) ?? drawn();
    [from.value, to.value] = [field(ends.from), field(ends.to)];
    say("");
    setText(find(panel, ".time-zone"), `Times are in your zone: ${zone(ends.to * 1000)}.`);
    place();
  }

  /** The last hours, for a form without a fixed time. */
  function drawn() {
    const now = Math.floor(Date.now() / 60_000) * 60;
    return { from: now - 3600, to: now };
  }

  function place() {
    const box = open.getBoundingClientRect();
    panel.style.top = `${Math.round(box.bottom + 6)}px`;
    panel.style.right = `${Math.max(8, Math.round(document.documentElement.clientWidth - box.right))}px`;
  }

  /** @param {string} words */
  function say(words) {
    const line = find(panel, ".time-wrong");
    line.hidden = !words;
    setText(line, words);
  }

  host.addEventListener("click", picked);
  panel.addEventListener("click", picked);
  /** @param {Event} event */
  function picked(event) {
    const { range: wanted, preset: name } = enclosing(event, "[data-range], [data-preset]")?.dataset ?? {};
    if (wanted) choose(wanted);
    if (name) choose(preset(/** @type {Preset} */ (name), new Date()));
  }

  panel.addEventListener("beforetoggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") offer();
  });
  panel.addEventListener("toggle", (event) => {
    const opened = /** @type {ToggleEvent} */ (event).newState === "open";
    open.setAttribute("aria-expanded", String(opened));
    if (opened) from.focus();
    else if (panel.contains(document.activeElement) || document.activeElement === document.body) open.focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const made = written(from.value, to.value);
    if ("wrong" in made) say(made.wrong);
    else choose(made.window);
  });
  live.addEventListener("click", () => choose(before));
  window.addEventListener("popstate", again);
  document.addEventListener("comparechange", () => turn());
  page = { zoom: (wanted) => choose(wanted ? around(wanted, Date.now()) : before) };
  mark();
  return { range, compare };
}

/** Returns whether the address asks for the time before beside the one that is shown. */
export const compare = () => read("compare", "") === "1";

/** Turns the comparison on or off. */
export function switchCompare() {
  write({ compare: compare() ? null : "1" }, { step: true });
  document.dispatchEvent(new Event("comparechange"));
}

/**
 * Gives the links to other pages the time of this one.
 * @param {string | null} window_
 */
function carry(window_) {
  for (const link of findAll(document, ".rail a[data-go]")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    const url = new URL(link.href);
    for (const [name, value] of Object.entries(parameters(window_))) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    link.href = `${url.pathname}${url.search}`;
  }
}
