/** The texts and rows of the page Operations: ignored input, the check of the figures, stages, capacity limits. */

import { ago, bytes, capital, count, duration, exact, plural, UNKNOWN } from "../lib/format.js";
import { figureName, figureValue } from "./difference.js";
import { sessionAt } from "./links.js";
import { holding } from "./select.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { ConsistencyReport, Difference, FailingJob, Seen } from "../lib/frames.js"
 * @import { FigureNames } from "./difference.js"
 */

/** @type {Record<string, string>} */
const WHAT = {
  "loki line": "log line",
  "loki refused": "refused log line",
  "otlp refused": "refused span",
  "mongodb refused": "refused document",
  "rest refused": "refused event",
};
/** @type {Record<string, string>} */
const KINDS = { dropped: "dropped field", refused: "refused", line: "log line", unreadable: "unreadable value" };
/** Kinds of input that was understood. The cards count them. */
const UNDERSTOOD = new Set(["dialect", "span", "event", "attribute"]);

const WHOLE = "whole request, ";

/**
 * The ignored input: {attributes, left}, each null where nothing is known. `refusals` says what the status of a refused
 * request means, `names` how a source is called.
 * @param {State} state
 * @param {Record<string, string>} [refusals]
 * @param {Record<string, string>} [names]
 */
export function unknown(state, refusals = {}, names = {}) {
  const seen = state.sources?.seen;
  if (!seen) return { attributes: null, left: null };
  const whole = seen.map((row) => ({
    ...row,
    name: row.name.startsWith(WHOLE) ? refused(row.name.slice(WHOLE.length), refusals) : row.name,
    from: names[row.source] ?? row.source,
    what: WHAT[`${row.source} ${row.kind}`] ?? KINDS[row.kind] ?? row.kind,
  }));
  return {
    attributes: whole.filter((row) => row.kind === "attribute"),
    left: whole.filter((row) => !UNDERSTOOD.has(row.kind)),
  };
}

/**
 * @param {string} status
 * @param {Record<string, string>} refusals
 */
const refused = (status, refusals) => `request refused: ${refusals[status] ?? `status ${status}`}`;

/** @param {Pick<Seen, "source" | "kind" | "name">} row */
export const key = (row) => [row.source, row.kind, row.name].join("\u0000");

/**
 * The rows that hold every word of the search in their name, source or kind.
 * @template {{ name: string, from: string, what: string }} Row
 * @param {Row[]} rows
 * @param {string} words
 */
export const search = (rows, words) => holding(words, rows, (row) => [row.name, row.from, row.what]);

/**
 * What each cause of a difference means, and whether it lies in the application or in the moment; as the page was given
 * it.
 * @typedef {Record<string, [words: string, harmless: boolean]>} Causes
 */

/**
 * @param {Causes} known
 * @param {string} cause
 */
const sentence = (known, cause) => (known[cause] ? `${capital(known[cause][0])}.` : "");

/** @type {Record<string, string>} */
const AGAINST = { recalculation: "its messages", application: "the application" };
const CHECK = "consistency check";
/** The share of sessions without a check up to which the figures count as checked. */
const MOST_UNCHECKED = 0.1;

/**
 * The numbers of differences by comparison and cause, the most frequent first.
 * @param {ConsistencyReport | null | undefined} report
 * @param {Causes} known
 */
export function causes(report, known) {
  const found = Object.entries(report?.counts ?? {}).flatMap(([against, some]) =>
    Object.entries(some).map(([cause, n]) => ({
      key: `${against} ${cause}`,
      against: AGAINST[against] ?? against,
      cause,
      count: n,
      title: `${capital(cause)}, against ${AGAINST[against] ?? against}`,
      shown: count(n),
      words: sentence(known, cause),
      harmless: against !== "recalculation" && Boolean(known[cause]?.[1]),
    })),
  );
  return found.sort((a, b) => Number(a.harmless) - Number(b.harmless) || b.count - a.count);
}

/**
 * The result of the check, whose differences are counted in `by`. Null before the first check, undefined where nothing
 * is known.
 * @param {ConsistencyReport | null | undefined} report
 * @param {ReturnType<typeof causes>} by
 * @param {number} now
 * @param {number} [unchecked] sessions that came after the check
 */
export function verdict(report, by, now, unchecked = 0) {
  if (!report) return report;
  const [all, ours] = [sum(by), sum(by.filter((one) => !one.harmless))];
  const names = [
    ["Checked", ago(report.ended, now), exact(report.ended)],
    [
      "Sessions",
      unchecked ? `${count(report.sessions)} of ${count(report.sessions + unchecked)}` : count(report.sessions),
    ],
    ["Messages", count(report.messages)],
    [
      "Against the application",
      report.compared ? plural(report.compared, "session") : report.error ? UNKNOWN : "not compared",
    ],
    ["Took", duration(report.seconds)],
  ];
  if (report.elsewhere) names.push(["Not the application's", plural(report.elsewhere, "session")]);
  if (report.moving) names.push(["Changed meanwhile", plural(report.moving, "session")]);
  return {
    ...(ours || !isLittle(report.sessions, unchecked) ? said(all, ours) : partly(report.sessions, unchecked)),
    facts: names.map(([name, words, title = ""]) => ({ name, words, title, bad: false, href: "" })),
    error: report.error,
  };
}

/** @param {{ count: number }[]} rows */
const sum = (rows) => rows.reduce((total, row) => total + row.count, 0);

/**
 * Returns whether the check says little of all sessions: more than a tenth of them came after it.
 * @param {number} sessions
 * @param {number} unchecked
 */
const isLittle = (sessions, unchecked) => unchecked > (sessions + unchecked) * MOST_UNCHECKED;

/**
 * @param {number} sessions
 * @param {number} unchecked
 * @returns {{ word: string, well: "off" }}
 */
const partly = (sessions, unchecked) => ({
  word: `${count(sessions)} of ${count(sessions + unchecked)} sessions checked`,
  well: "off",
});

/**
 * @param {number} all
 * @param {number} ours
 */
function said(all, ours) {
  if (!all) return { well: "good", word: "figures match" };
  if (!ours)
    return { well: "busy", word: `${plural(all, "difference")}, all explained by the application or the moment` };
  return {
    well: "critical",
    word: ours === all ? plural(all, "difference") : `${plural(all, "difference")}, ${count(ours)} to look into`,
  };
}

/**
 * The differences as rows of a table. A session that is missing here has no address.
 * @param {ConsistencyReport | null | undefined} report
 * @param {Causes} known
 * @param {FigureNames} names
 */
export function differences(report, known, names) {
  return (report?.differences ?? []).map((one, index) => ({
    key: String(index),
    session: one.session,
    figure: figureName(names, one.figure),
    here: figureValue(names, one.figure, one.ours),
    there: figureValue(names, one.figure, one.theirs),
    against: AGAINST[one.against] ?? one.against,
    cause: one.cause,
    words: sentence(known, one.cause),
    ours: number(one.ours),
    theirs: number(one.theirs),
    size: gap(one),
    apart: apart(names, one),
    href: one.ours === null && one.figure === "message_count" ? null : sessionAt(one.session),
  }));
}

/** @param {unknown} given */
const number = (given) => (typeof given === "number" ? given : null);

/** @param {Difference} options */
const gap = ({ ours, theirs }) =>
  typeof ours === "number" && typeof theirs === "number" ? Math.abs(ours - theirs) : null;

/**
 * The size of a difference in words. That of two moments is a duration.
 * @param {FigureNames} names
 * @param {Difference} one
 */
function apart(names, one) {
  const [label, unit] = names[one.figure] ?? ["", ""];
  return figureValue({ [one.figure]: [label, unit === "time" ? "µs" : unit] }, one.figure, gap(one));
}

/** Seconds that a stage may be behind before it is called so. */
const BEHIND = 15;
/** Seconds for which a stage may stand still while entries wait. */
const STALLED = 15;
/** @type {Record<string, string>} */
const STAGES = { stats: "Statistics", security: "Security log" };

/**
 * The stages and their positions; null where nothing is known.
 * @param {State} state
 */
export function stages(state) {
  if (!state.stages) return null;
  return Object.entries(state.stages).map(([name, stage]) => {
    const known = typeof stage.lag_seconds === "number";
    const late = known && stage.lag_seconds > BEHIND;
    const still = known && stage.stalled_seconds > STALLED ? stage.stalled_seconds : 0;
    const [word, well] = !known
      ? ["unknown", "off"]
      : still
        ? [`has not moved for ${duration(still)}`, "critical"]
        : late
          ? ["behind", "bad"]
          : ["up to date", "good"];
    return {
      key: name,
      name: STAGES[name] ?? name,
      word,
      well,
      still,
      position: stage.position,
      behind: stage.behind,
      lag: stage.lag_seconds,
    };
  });
}

/**
 * The error of the check itself; empty where there is none.
 * @param {FailingJob[] | undefined} [jobs]
 */
export const failing = (jobs = []) => jobs.find((job) => job.name === CHECK)?.error ?? "";

/**
 * One sentence on the stages.
 * @param {ReturnType<typeof stages>} rows
 * @param {State["ingest"]} ingest
 * @param {FailingJob[]} [jobs]
 */
export function flow(rows, ingest, jobs = []) {
  if (!rows) return "";
  if (jobs.length) return jobs.map((job) => `Failing: ${job.name} (${job.error})`).join("; ");
  const still = rows.find((row) => row.still);
  if (still) {
    const behind = plural(still.behind, "entry").replace("entrys", "entries");
    const place = `stands at entry ${count(still.position)}, ${behind} behind`;
    return `${still.name} ${place}, and has not moved for ${duration(still.still)}`;
  }
  const late = rows.filter((row) => row.well === "bad");
  const waiting = Number(ingest?.waiting_events ?? 0);
  const waits = waiting ? `; ${plural(waiting, "event")} ${waiting === 1 ? "waits" : "wait"} to be written` : "";
  if (!late.length) return `every step is up to date${waits}`;
  const names = `${late.map((row) => row.name).join(" and ")} ${late.length === 1 ? "is" : "are"}`;
  return `${names} behind; the log of the pipeline's process says why, if one runs${waits}`;
}

/** The share of a limit from which on a figure counts as near it. */
const NEAR = 0.8;
/** @type {Record<string, string>} */
const ONE = { entries: "entry" };

/**
 * The capacity limits: those near an alarm first, then the fullest. Null where nothing is known. A limit with `usual`
 * is meant to be full.
 * @param {State} state
 */
export function bounds(state) {
  if (!state.bounds) return null;
  const rows = state.bounds.map((bound) => {
    const share = bound.limit > 0 ? bound.used / bound.limit : 0;
    const [word, well] = filled(share, bound.usual);
    return {
      key: bound.name,
      name: bound.name,
      share,
      word,
      well,
      used: amount(bound.used, bound.unit),
      limit: amount(bound.limit, bound.unit),
      amount: bound.used,
      most: bound.limit,
    };
  });
  return rows.sort(
    (a, b) => Number(a.well === "good") - Number(b.well === "good") || b.share - a.share || (a.name < b.name ? -1 : 1),
  );
}

/**
 * @param {number} share
 * @param {boolean} usual
 */
function filled(share, usual) {
  if (share < (usual ? 1 : NEAR)) return ["OK", "good"];
  if (usual) return ["full (normal)", "good"];
  return share < 1 ? ["near", "bad"] : ["at the limit", "critical"];
}

/**
 * @param {number} value
 * @param {string} unit
 */
function amount(value, unit) {
  if (unit === "seconds") return duration(value);
  if (unit === "bytes") return bytes(value);
  return `${count(value)} ${value === 1 ? (ONE[unit] ?? unit.slice(0, -1)) : unit}`;
}

/**
 * One sentence on the capacity limits.
 * @param {ReturnType<typeof bounds>} rows
 */
export function room(rows) {
  if (!rows) return "";
  const near = rows.filter((row) => row.well !== "good");
  if (!near.length) return "none is close; full caches are normal";
  const where = near.some((row) => row.well === "critical") ? "at" : "near";
  return `${near.map((row) => row.name).join(", ")}: ${where} the limit`;
}
