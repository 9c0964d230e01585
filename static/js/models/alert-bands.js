/** Which figures each chart shows, and the alerts of those figures as bands over it: which, and in words. */

import { clock, day, moment, zone } from "../lib/format.js";
import { iso, MOST } from "../lib/period.js";

/**
 * @import { AlertBands, AlertRow, AlertSpan } from "../lib/frames.js"
 * @typedef {{ alerts: AlertSpan[], since: number | null }} Bands those of one chart, in order of time; older ones than
 *   `since` (s) are not known, null: all are
 */

const WAITS = ["time", "average", "p50", "p90", "p95", "p99"].map((name) => `response_${name}`);

/**
 * The page and the figures of rules of each chart of time, by its id, or by its id and its choice. An alert leads to
 * the first chart that shows its figure.
 * @type {Record<string, { page: string, figures: string[] }>}
 */
export const SHOWN = {
  response: { page: "/", figures: WAITS },
  messages: { page: "/", figures: ["messages", "answers"] },
  tokens: { page: "/", figures: ["tokens"] },
  sessions: { page: "/", figures: ["sessions_active", "sessions_started"] },
  errors: { page: "/", figures: ["errors", "error_rate"] },
  trend: { page: "/responses/", figures: WAITS },
  daily: { page: "/responses/", figures: WAITS },
  "by-day": { page: "/usage/", figures: ["cost"] },
  models: { page: "/usage/", figures: ["tokens"] },
  "models cost": { page: "/usage/", figures: ["cost"] },
  "models shadow_cost": { page: "/usage/", figures: [] },
  created: { page: "/operations/", figures: ["sessions_started", "sessions_ended"] },
  delay: {
    page: "/operations/",
    figures: ["pipeline_lag", "refused_requests", "rejected_events", "dropped_clients"],
  },
  process: { page: "/operations/", figures: ["memory", "cpu"] },
};
/** The most alerts that the sentence of a chart names. */
const NAMED = 5;
/** Seconds before and after an alert that its chart shows at least. */
const AROUND = 1800;

/**
 * The alerts of a page whose figures a chart shows.
 * @param {AlertBands | undefined} bands
 * @param {string} chart
 * @param {string} [choice]
 * @returns {Bands}
 */
export function bandsOf(bands, chart, choice = "") {
  const figures = (SHOWN[`${chart} ${choice}`] ?? SHOWN[chart])?.figures ?? [];
  const all = bands?.alerts ?? [];
  return {
    alerts: all.filter(({ figure }) => figures.includes(figure)),
    since: bands?.more && figures.length ? all[0].from : null,
  };
}

/** @param {AlertSpan} alert */
export const alertAt = ({ id }) => `/alerts/?alert=${id}`;

/** @param {number} seconds */
const minute = (seconds) => clock(seconds * 1000).slice(0, 5);

/**
 * `Slow on average, 14:02–14:31 CET, warning`, with the days where they are not today.
 * @param {AlertSpan} alert
 * @param {number} now ms
 */
export function bandWords({ name, severity, from, to }, now) {
  /** @param {number} at */
  const when = (at) => `${day(at * 1000) === day(now) ? "" : `${day(at * 1000)} `}${minute(at)}`;
  const same = to !== null && day(from * 1000) === day(to * 1000);
  const end = to === null || (same && minute(from) === minute(to)) ? "" : `–${same ? minute(to) : when(to)}`;
  return `${name}, ${to === null ? "since " : ""}${when(from)}${end} ${zone(from * 1000)}, ${severity}`;
}

/** What is said where older alerts are left out. */
export const LEFT_OUT = "Older alerts of this time are not drawn. The page Alerts has them all.";

/**
 * The alerts of a chart in words, for screen readers; empty where there is none.
 * @param {Bands} bands
 * @param {number} now ms
 */
export function bandsSaid({ alerts, since }, now) {
  const told = alerts.slice(-NAMED).map((one) => bandWords(one, now));
  const before = alerts.length > NAMED ? [`${alerts.length - NAMED} before`] : [];
  const named = told.length ? ` Alerts: ${[...before, ...told].join("; ")}.` : "";
  return since === null ? named : `${named} ${LEFT_OUT}`;
}

/**
 * The address of the chart that shows an alert's figure, over the time of the alert; undefined where there is none, and
 * of an alert of one session, user, model or operation.
 * @param {Pick<AlertRow, "figure" | "scope" | "from" | "to">} alert
 * @param {number} now ms
 */
export function chartAt({ figure, scope, from, to }, now) {
  const found = Object.entries(SHOWN).find(([, { figures }]) => figures.includes(figure));
  const [start, end] = [moment(from), to === null ? now : moment(to)];
  if (!found || scope || start === null || end === null) return undefined;
  const [first, last] = [Math.floor(start / 1000), Math.ceil(end / 1000)];
  const beside = Math.max(AROUND, Math.min(last - first, (MOST - last + first) / 2));
  const until = Math.min(last + beside, Math.ceil(now / 1000));
  const since = Math.max(first - beside, until - MOST);
  return `${found[1].page}?from=${iso(Math.floor(since))}&to=${iso(Math.floor(until))}#chart-${found[0]}`;
}
