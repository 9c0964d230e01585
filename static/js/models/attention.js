/** The words of the strip that says what needs attention now, and the count in the title of the tab. */

import { clock, day, moment, plural, zone } from "../lib/format.js";

/**
 * @import { Attention } from "../lib/frames.js"
 * @typedef {{ key: string, words: string, title: string, href: string, severity: Attention["severity"] }} Item
 * @typedef {{ well: "good" | "off" | Attention["severity"], head: string, items: Item[], unknown: Item[],
 *   checked: string, said: string }} Strip
 */

/** Seconds without a frame after which what is known counts as old. A frame comes each 5 s at least. */
const OLD = 20;

/**
 * The strip at the time `now` (ms); `checked` is when the server looked, an ISO time. Null where nothing has come, or
 * where this viewer is not told.
 * @param {Attention[] | null | undefined} found
 * @param {string | null | undefined} checked
 * @param {number} now
 * @returns {Strip | null}
 */
export function strip(found, checked, now) {
  const at = moment(checked);
  if (!found || at === null) return null;
  const items = found.filter((one) => one.severity !== "unknown").map((one) => item(one, now));
  const unknown = found.filter((one) => one.severity === "unknown").map((one) => item(one, now));
  const old = now - at > OLD * 1000;
  return {
    well: old ? "off" : (items[0]?.severity ?? "good"),
    head: headed(items.length, unknown.length, old),
    items,
    unknown,
    checked: old ? `last checked at ${clock(at)}` : `checked at ${clock(at).slice(0, 5)} ${zone(at)}`,
    said: items.length ? `${needs(items.length)}: ${items.map(({ words }) => words).join("; ")}` : "",
  };
}

/**
 * @param {number} count
 * @param {number} unknown
 * @param {boolean} old
 */
function headed(count, unknown, old) {
  if (old) return count ? "As last known" : "Not known now";
  if (count) return "";
  return unknown ? "No problem known" : "All is well";
}

/** @param {number} count */
const needs = (count) => `${plural(count, "thing")} ${count === 1 ? "needs" : "need"} attention`;

/**
 * @param {Attention} one
 * @param {number} now
 * @returns {Item}
 */
function item({ kind, words, href, severity, since }, now) {
  const at = moment(since);
  const date = at !== null && day(at) !== day(now) ? `${day(at)} ` : "";
  const begin = at === null ? "" : ` since ${date}${clock(at).slice(0, 5)}`;
  return { key: kind, words: `${words}${begin}`, title: at === null ? "" : zone(at), href, severity };
}

/**
 * The title of the tab: `(2) Overview · sbdash`.
 * @param {string} title
 * @param {Strip | null} shown
 */
export const titled = (title, shown) => (shown?.items.length ? `(${shown.items.length}) ${title}` : title);

/**
 * Returns whether something is called for attention: `slower` is the one verdict on response times that all pages show.
 * @param {Attention[] | null | undefined} found
 * @param {"slower" | "errors"} wanted
 */
export const isCalled = (found, wanted) =>
  Boolean(found?.some(({ kind, severity }) => kind === wanted && severity !== "unknown"));
