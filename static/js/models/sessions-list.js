/** The list of sessions: its query, the progress of a search, and the texts of both. */

import { clock, count, day, plural, zone } from "../lib/format.js";

const PAGE = 50;
const TIMES = ["since", "until"];
const TYPED = [
  ...["q", "model", "owner", "min_cost", "max_cost", "min_duration", "max_duration"],
  ...["min_slowest", "min_p95", "min_errors", "min_tokens"],
];

/**
 * Returns whether a field is typed into. A typed value is sent after a pause, a chosen one at once.
 * @param {string} name
 */
export const isTyped = (name) => TYPED.includes(name);

/**
 * The query of a form's entries [[name, value]], without empty values and the default order. Times are in UTC; one that
 * nobody has changed stays as it is in `shown`, the query that filled the form: a field has no seconds.
 * @param {Iterable<[string, unknown]>} entries
 * @param {string} [shown]
 */
export function query(entries, shown = "") {
  const [kept, before] = [new URLSearchParams(), new URLSearchParams(shown)];
  /** @type {(name: string, field: string) => string} */
  const time = (name, field) => {
    const old = before.get(name) ?? "";
    return old && local(old) === field ? old : utc(field);
  };
  for (const [name, given] of entries) {
    const value = TIMES.includes(name) ? time(name, String(given)) : String(given).trim();
    if (value && !(name === "sort" && value === "last_message") && !(name === "order" && value === "desc"))
      kept.set(name, value);
  }
  const words = kept.toString();
  return words ? `?${words}` : "";
}

/**
 * Returns whether two queries are the same, in any order.
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
  const at = instant(text);
  return text && !Number.isNaN(at) ? `${day(at)}T${clock(at).slice(0, 5)}` : "";
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
 * Returns whether the search goes on by itself: the page is not full, and there are more sessions.
 * @param {Progress} state
 */
export const goesOn = (state) => Boolean(state.next) && state.found < PAGE;

/**
 * A stretch of time as text, [begin, end]: the day stands once where both are of one day, and not at all where that is
 * today.
 * @param {string} from
 * @param {string} to
 * @param {number} now
 */
export function between(from, to, now) {
  const [begin, end] = [local(from), local(to)];
  if (!begin || !end) return [minute(from), minute(to)];
  const [first, last] = [begin.slice(0, 10), end.slice(0, 10)];
  const short = (/** @type {string} */ text) => clock(instant(text)).replace(/:00$/, "");
  const head = first === last && first === day(now) ? short(from) : `${first} ${short(from)}`;
  return [head, `${first === last ? short(to) : `${last} ${short(to)}`} ${zone(instant(to))}`];
}

/** @typedef {{ new?: number, changed?: number, more?: boolean }} News what has come since the list was loaded */

/**
 * The new and changed sessions since the list was loaded, in words; empty without anything.
 * @param {News} news
 */
export function newsWords({ new: came = 0, changed = 0, more = false }) {
  const least = more ? "more than " : "";
  return [
    came ? `${least}${plural(came, "new session")}` : "",
    changed ? `${came ? "" : least}${count(changed)} with new activity` : "",
  ]
    .filter(Boolean)
    .join(", ");
}

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
  if (status === 403) return "You may not see this list any more. Log in again, or ask your administrator.";
  if (status === 503) return "The database does not answer. Showing the previous list; try again in a moment.";
  if (status) return `The server answered ${status}. Showing the previous list; try again in a moment.`;
  return "The server cannot be reached. Showing the previous list; try again when it is back.";
}
