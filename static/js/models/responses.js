/** The texts and rows of the page Responses, from its report. */

import { clock, count, day, duration, exact, moment, percent, UNKNOWN, zone } from "../lib/format.js";
import { sessionsOf } from "./links.js";
import { slowness } from "./select.js";

/**
 * @import { ModelResponses, SlowAnswer } from "../lib/frames.js"
 * @import { Column } from "./types.js"
 * @import { Figure } from "../lib/types.js"
 */

/**
 * @param {string} id
 * @param {string} value
 * @param {string} [note]
 */
const fact = (id, value, note = "") => ({ id, value, note });
/** @param {Figure} value */
const times = (value) =>
  typeof value === "number"
    ? `× ${value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : 0 })}`
    : UNKNOWN;

/**
 * The figures at the head: [{id, value, note}].
 * @param {any} report
 */
export function facts(report) {
  const figures = report?.figures ?? {};
  return [
    fact("response_p50", duration(figures.p50), "half wait no longer"),
    fact("response_p90", duration(figures.p90), "9 of 10 wait no longer"),
    fact("response_p95", duration(figures.p95), "95 of 100 wait no longer"),
    fact("response_p99", duration(figures.p99), "99 of 100 wait no longer"),
    fact("response_mean", duration(figures.mean), "pulled up by the slowest"),
    fact("response_iqr", duration(figures.iqr), "between the quarters, p25 to p75"),
    fact("response_spread", times(figures.spread), "geometric standard deviation"),
    fact(
      "responses",
      count(figures.count),
      report?.skewed ? `with a known wait; ${count(report.skewed)} skewed` : "with a known wait",
    ),
  ];
}

/** @type {Record<string, (since: number | null) => string>} */
const HEADS = {
  steady: () => "Answers are about as fast as they were",
  slower: (since) =>
    since === null
      ? "Answers have become slower"
      : `Answers are slower since ${day(since)} ${clock(since).slice(0, 5)} ${zone(since)}`,
  unknown: () => "It cannot be told yet",
};

/**
 * Whether answers have become slower: {state, head, words, share, facts}; `share` of the limit, 0..1 or null.
 * @param {any} report
 * @param {number} now
 */
export function degradation(report, now) {
  const change = report?.degradation;
  if (!change) return null;
  const since = moment(change.since);
  const known = typeof change.score === "number" && change.limit > 0;
  return {
    state: change.state,
    head: (HEADS[change.state] ?? HEADS.unknown)(since),
    words: change.words ?? "",
    share: known ? Math.min(1, Math.max(0, change.score / change.limit)) : null,
    facts: [
      { name: "Now, p50", words: duration(change.now_p50) },
      { name: "Before, p50", words: duration(change.baseline_p50) },
      { name: "Change", words: changed(change) },
      { name: "Score, of the limit", words: known ? `${places(change.score)} of ${places(change.limit)}` : UNKNOWN },
      { name: "Answers looked at", words: count(change.answers) },
      ...(since === null ? [] : [{ name: "For", words: duration(Math.max(0, (now - since) / 1000)) }]),
    ],
  };
}

/** @param {number} value */
const places = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });

/** @param {{ now_p50: Figure, baseline_p50: Figure }} options */
function changed({ now_p50: now, baseline_p50: before }) {
  if (typeof now !== "number" || typeof before !== "number" || !(before > 0)) return UNKNOWN;
  const share = now / before - 1;
  if (Math.abs(share) < 0.005) return "none";
  return `${percent(Math.abs(share))} % ${share > 0 ? "slower" : "faster"}`;
}

/** @param {string | null | undefined} iso */
const second = (iso) => (iso ? Math.floor(Date.parse(iso) / 1000) : null);

/**
 * @param {any} report
 * @returns {[number | null, number | null]}
 */
const seconds = (report) => [second(report?.from), second(report?.to)];

/**
 * The models, each with the address of its sessions in this time.
 * @param {any} report
 */
export const models = (report) =>
  (report?.models ?? []).map((/** @type {ModelResponses} */ row) => ({
    ...row,
    href: sessionsOf(...seconds(report), { model: row.model }),
  }));

/**
 * The outliers, each with the address of its message.
 * @param {any} report
 */
export const outliers = (report) =>
  (report?.outliers ?? []).map((/** @type {SlowAnswer} */ row) => ({
    ...row,
    key: `${row.session_id}\u0000${row.message_id}`,
    href: `/sessions/${encodeURIComponent(row.session_id)}/?message=${encodeURIComponent(row.message_id)}`,
  }));

/**
 * One sentence on the outliers.
 * @param {any} report
 */
export function outliersNote(report) {
  if (!report) return "";
  const found = report.outliers.length;
  const answers = found === 1 ? "1 answer" : `${count(found)} answers`;
  return `${found === 100 ? "the slowest of each day, newest day first, 100 at most" : answers} · ${report.rule}`;
}

/**
 * @param {string} id
 * @param {string} name
 * @param {(value: any) => string} [write]
 * @returns {Column}
 */
const waits = (id, name, write = duration) => ({
  id,
  name,
  means: `response_${id}`,
  num: true,
  sort: (row) => row[id],
  cell: (row) => ({ text: write(row[id]) }),
});

/** @param {Figure} value */
function slow(value) {
  const flag = slowness(value);
  return { text: flag ? `${duration(value)} ${flag}` : duration(value), flag: flag ?? undefined };
}

/** @type {Column[]} */
export const MODELS = [
  {
    id: "model",
    name: "Model",
    sort: (row) => row.model,
    cell: (row) => ({ text: row.model, href: row.href, title: row.model }),
  },
  waits("count", "Answers", count),
  waits("p50", "p50"),
  waits("p90", "p90"),
  waits("p95", "p95"),
  waits("p99", "p99"),
  waits("typical", "Typical"),
  waits("limit", "Limit"),
  waits("outliers", "Outliers", count),
];

/** @type {Column[]} */
export const OUTLIERS = [
  {
    id: "id",
    name: "Session",
    sort: (row) => row.session_id,
    cell: (row) => ({ text: row.session_id, href: row.href, title: row.session_id }),
  },
  {
    id: "message",
    name: "Message",
    sort: (row) => row.message_id,
    cell: (row) => ({ text: row.message_id, title: row.message_id }),
  },
  {
    id: "at",
    name: "Time",
    sort: (row) => moment(row.at),
    value: (row) => row.at,
    cell: (row) => ({
      text: `${day(Date.parse(row.at))} ${clock(Date.parse(row.at))}`,
      title: exact(row.at),
      time: row.at,
    }),
  },
  { id: "model", name: "Model", sort: (row) => row.model, cell: (row) => ({ text: row.model, title: row.model }) },
  { id: "wait", name: "Wait", num: true, sort: (row) => row.wait, cell: (row) => slow(row.wait) },
  waits("typical", "Typical"),
  waits("limit", "Limit"),
  waits("score", "Score", (value) => (typeof value === "number" ? places(value) : UNKNOWN)),
  { id: "rule", name: "Rule", sort: (row) => row.rule, cell: (row) => ({ text: row.rule, title: row.rule }) },
];
