/** Desktop notifications and sounds for alerts that begin while a page is open: which alerts, and the words. */

import { clock } from "../lib/format.js";

/**
 * @import { AlertSpan } from "../lib/frames.js"
 * @typedef {AlertSpan["severity"]} Severity
 * @typedef {{ show: boolean, sound: boolean, least: Severity, since: number }} Choice what this browser does, for
 *   alerts of at least that severity that began after `since`, ms
 */

/** @type {Severity[]} */
const RANKS = ["notice", "warning", "critical"];
/** @type {Choice} */
export const OFF = { show: false, sound: false, least: "warning", since: 0 };
/** The most alerts that a browser remembers. */
const REMEMBERED = 300;
/** Seconds after its beginning at which an alert is news for a page that has just opened. It begins with its minute. */
const NEW = 120;

/**
 * The choice as it was stored. What cannot be read is off.
 * @param {string | null} text
 * @returns {Choice}
 */
export function choiceOf(text) {
  try {
    const { show, sound, least, since } = JSON.parse(text ?? "{}");
    const known = RANKS.includes(least) ? least : OFF.least;
    return { show: show === true, sound: sound === true, least: known, since: Number(since) || 0 };
  } catch {
    return OFF;
  }
}

/**
 * The ids that were stored.
 * @param {string | null} text
 * @returns {number[]}
 */
export function idsOf(text) {
  try {
    const found = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(Number.isInteger) : [];
  } catch {
    return [];
  }
}

/**
 * The alerts to tell of, the oldest first, and the ids that are known from then on. Of what a page hears `first`, only
 * what has just begun is news.
 * @param {AlertSpan[]} firing
 * @param {number[]} known
 * @param {Choice} choice
 * @param {{ first: boolean, now: number }} at ms
 */
export function news(firing, known, { least, since }, { first, now }) {
  const unknown = firing.filter(({ id }) => !known.includes(id)).sort((a, b) => a.from - b.from);
  const after = Math.max(since, first ? now : 0) / 1000 - NEW;
  const fresh = unknown.filter(({ from, severity }) => from >= after && reaches(severity, least));
  return { fresh, ids: [...known, ...unknown.map(({ id }) => id)].slice(-REMEMBERED) };
}

/**
 * @param {Severity} severity
 * @param {Severity} least
 */
const reaches = (severity, least) => RANKS.indexOf(severity) >= RANKS.indexOf(least);

/**
 * The most severe of some alerts.
 * @param {AlertSpan[]} alerts
 */
export const worst = (alerts) => RANKS.findLast((rank) => alerts.some(({ severity }) => severity === rank)) ?? "notice";

/**
 * The title and the body of a notification.
 * @param {AlertSpan} alert
 */
export const told = ({ name, severity, scope, from }) => ({
  title: `${name}: ${severity}`,
  body: `${scope ? `${scope}, since` : "Since"} ${clock(from * 1000).slice(0, 5)}`,
});

/**
 * What the switch says of the browser's permission; `unsupported` where it has no notifications, which needs HTTPS.
 * @param {string} permission
 * @param {boolean} wanted
 */
export function permitted(permission, wanted) {
  if (permission === "unsupported") return "This browser shows no notifications here: they need HTTPS, and a desktop.";
  if (permission === "denied") return "The browser blocks notifications of this site: allow them in its site settings.";
  if (permission === "default" && wanted) return "The browser has not allowed notifications: switch them on again.";
  return "";
}
