/** The list of sessions: its query, the progress of a search, and the texts of both. */

import { count, zone } from "../lib/format.js";

const PAGE = 50;
const TIMES = ["since", "until"];
const TYPED = ["q", "model", "owner", "min_cost", "max_cost", "min_duration", "max_duration"];

/**
 * Whether a field is typed into. A typed value is sent after a pause, a chosen one at once.
 * @param {string} name
 */
export const isTyped = (name) => TYPED.includes(name);

/**
 * The query of a form's entries [[name, value]], without empty values and the default order. Times are in UTC.
 * @param {Iterable<[string, any]>} entries
 */
export function query(entries) {
  const kept = new URLSearchParams();
  for (const [name, given] of entries) {
    const value = TIMES.includes(name) ? utc(given) : given.trim();
    if (value && !(name === "sort" && value === "last_message") && !(name === "order" && value === "desc"))
      kept.set(name, value);
  }
  const words = kept.toString();
  return words ? `?${words}` : "";
}

/**
 * Whether two queries are the same, in any order.
 * @param {string} one
 * @param {string} other
 */
export const same = (one, other) => sorted(one) === sorted(other);

/** @param {string} words */
function sorted(words) {
  const found = new URLSearchParams(words);
  found.sort();
  return found.toString();
}

/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");

/**
 * 2026-11-25T14:00Z of 2026-11-25T15:00 in the viewer's zone. Empty where it is no time.
 * @param {string} local
 */
export function utc(local) {
  const at = new Date(local);
  return local && !Number.isNaN(at.getTime()) ? `${at.toISOString().slice(0, 16)}Z` : "";
}

/**
 * The value of a date field in the viewer's zone, from a time of the address (UTC where it names no zone). Empty where
 * it is no time.
 * @param {string} text
 */
export function local(text) {
  const at = new Date(instant(text));
  if (!text || Number.isNaN(at.getTime())) return "";
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/**
 * Milliseconds since 1970 of a time of the address; without a zone it is UTC.
 * @param {string} text
 */
const instant = (text) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`);

/**
 * The time as text: 2026-11-25 15:00 CET. A text that is no time stays as it is.
 * @param {string} text
 */
export function minute(text) {
  const at = local(text);
  return at ? `${at.replace("T", " ")} ${zone(instant(text))}` : text;
}

/** @typedef {{ found: number, examined: number, next: string }} Progress a search, and the address of its next page */

/** @typedef {{ rows: number, examined: number, next: string }} Page */

/** The progress of a search that has not begun. */
export const begun = { found: 0, examined: 0, next: "" };

/**
 * The progress after one more page of {rows, examined, next}.
 * @param {Progress} state
 * @param {Page} page
 */
export function fold(state, page) {
  return { ...state, found: state.found + page.rows, examined: state.examined + page.examined, next: page.next };
}

/**
 * Whether the search goes on by itself: the page is not full, and there are more sessions.
 * @param {Progress} state
 */
export const goesOn = (state) => Boolean(state.next) && state.found < PAGE;

/**
 * The number of sessions that the server is told were found before. Null on a later page, which does not count the
 * pages before it.
 * @param {Progress} state
 * @param {string} search
 */
export const foundBefore = (state, search) => (new URLSearchParams(search).has("before") ? null : state.found);

/**
 * One line on a search that takes time. Empty for one that filled its page at once.
 * @param {Progress} state
 * @param {{ stopped?: boolean }} [options]
 */
export function progress(state, { stopped = false } = {}) {
  if (state.examined <= state.found) return "";
  const words = `examined ${count(state.examined)} sessions; ${count(state.found)} found`;
  if (stopped && state.next) return `stopped: ${words}`;
  return goesOn(state) ? `${words} …` : words;
}

/**
 * The error of a request in words, with what to do.
 * @param {number | undefined} status
 */
export function trouble(status) {
  if (status === 403) return "You may not see this list any more. Log in again, or ask whoever looks after Admin.";
  if (status === 503) return "The database does not answer. The list below is the one before; try again in a moment.";
  if (status) return `The server answered ${status}. The list below is the one before; try again in a moment.`;
  return "The server cannot be reached. The list below is the one before; try again when it is back.";
}
