/** The texts and rows of the page Responses, from its report. */

import { clock, count, day, duration, exact, known, moment, percent, plural, UNKNOWN, zone } from "../lib/format.js";
import { figures, links, texts, wait } from "./columns.js";
import { sessionAt } from "./links.js";
import { fact } from "./usage.js";

/**
 * @import { Degradation, ModelResponses, Responses } from "../lib/frames.js"
 * @import { Column } from "./types.js"
 * @import { Figure } from "../lib/types.js"
 */

/** @param {Figure} value */
const times = (value) =>
  known(value) ? `× ${value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : 0 })}` : UNKNOWN;

/**
 * The figures at the head: [{id, value, note}].
 * @param {Responses | null} report
 */
export function facts(report) {
  const found = report?.figures;
  return [
    fact("response_p50", duration(found?.p50), "half wait no longer"),
    fact("response_p90", duration(found?.p90), "9 of 10 wait no longer"),
    fact("response_p95", duration(found?.p95), "95 of 100 wait no longer"),
    fact("response_p99", duration(found?.p99), "99 of 100 wait no longer"),
    fact("response_mean", duration(found?.mean), "pulled up by the slowest"),
    fact("response_iqr", duration(found?.iqr), "from p25 to p75"),
    fact("response_spread", times(found?.spread), "two thirds lie within p50 ÷ and × this"),
    fact(
      "responses",
      count(found?.count),
      report?.skewed ? `with a known wait; ${count(report.skewed)} skewed` : "with a known wait",
    ),
  ];
}

/** @type {Record<Degradation["state"], (since: number | null) => string>} */
const HEADS = {
  steady: () => "Response times are steady compared with the last 24 h",
  slower: (since) =>
    since === null
      ? "Answers have become slower"
      : `Answers are slower since ${day(since)} ${clock(since).slice(0, 5)} ${zone(since)}`,
  unknown: () => "Not enough data yet",
};

/**
 * Returns whether answers have become slower: {state, head, words, share, facts}; `share` of the limit, 0..1 or null.
 * @param {Responses | null} report
 * @param {number} now
 */
export function degradation(report, now) {
  const change = report?.degradation;
  if (!change) return null;
  const since = moment(change.since);
  const { score, limit, now_p50, baseline_p50, week_p50 } = change;
  const told = score !== null && limit ? { share: Math.min(1, Math.max(0, score / limit)), score, limit } : null;
  return {
    state: change.state,
    head: HEADS[change.state](since),
    words: change.state === "steady" ? "" : change.words,
    share: told?.share ?? null,
    facts: [
      { name: "Now, p50", words: duration(now_p50) },
      { name: "Last 24 h, p50", words: duration(baseline_p50), note: beside(now_p50, baseline_p50) },
      { name: "Same hour last week, p50", words: duration(week_p50), note: beside(now_p50, week_p50) },
      {
        name: "Slowdown score",
        words: told ? `${places(told.score)} (slower above ${places(told.limit)})` : UNKNOWN,
      },
      { name: "Answers compared", words: count(change.answers) },
      ...(since === null ? [] : [{ name: "For", words: duration(Math.max(0, (now - since) / 1000)) }]),
    ],
  };
}

/**
 * The present median beside an earlier one, in words.
 * @param {Figure} now
 * @param {Figure} before
 */
function beside(now, before) {
  if (!known(now) || !known(before) || !before) return "";
  const share = now / before - 1;
  if (Math.abs(share) < 0.005) return "no change";
  return `${percent(Math.abs(share))} % ${share > 0 ? "slower" : "faster"} now`;
}

/**
 * The outliers, each with the address of its message.
 * @param {Responses | null} report
 */
export const outliers = (report) =>
  (report?.outliers ?? []).map((row) => ({
    ...row,
    key: `${row.session_id}\u0000${row.message_id}`,
    href: sessionAt(row.session_id, row.message_id),
  }));

/**
 * One sentence on the outliers.
 * @param {Responses | null} report
 */
export function outliersNote(report) {
  if (!report) return "";
  const found = report.outliers.length;
  if (found === 100) return "the slowest of each day, newest day first; the list ends at 100";
  return found ? plural(found, "answer") : "none";
}

/** @param {Figure} value */
const places = (value) => (known(value) ? value.toLocaleString("en-US", { maximumFractionDigits: 2 }) : UNKNOWN);

/**
 * @template {string} Id
 * @param {Id} id
 * @param {string} name
 * @param {(value: Figure) => string} [write]
 */
const waits = (id, name, write = duration) => figures(id, name, write, { means: `response_${id}` });

/** @type {Column<ModelResponses & { href: string }>[]} */
export const MODELS = [
  {
    ...links(
      "model",
      "Model",
      (row) => row.model,
      (row) => row.href,
    ),
    wrap: true,
  },
  waits("count", "Answers", count),
  waits("p50", "p50"),
  waits("p90", "p90"),
  waits("p95", "p95"),
  waits("p99", "p99"),
  waits("typical", "Usual wait"),
  waits("limit", "Limit"),
  waits("outliers", "Unusually slow", count),
];

/** @type {Column<ReturnType<typeof outliers>[number]>[]} */
export const OUTLIERS = [
  links(
    "id",
    "Session",
    (row) => row.session_id,
    (row) => row.href,
  ),
  {
    id: "at",
    name: "Time",
    sort: (row) => moment(row.at),
    value: (row) => row.at,
    cell: ({ at }) => ({ text: `${day(Date.parse(at))} ${clock(Date.parse(at))}`, title: exact(at), time: at }),
  },
  texts("model", "Model", { wrap: true }),
  figures("wait", "Wait", duration, { cell: (row) => wait(row.wait) }),
  {
    ...texts("rule", "How unusual", { wrap: true }),
    id: "score",
    num: false,
    sort: (row) => row.score,
    value: (row) => row.rule,
  },
];
