/** The texts and rows of the page Operations: ignored input, the check of the figures, stages, capacity limits. */

import { ago, count, duration, exact, moment, UNKNOWN } from "../lib/format.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { ConsistencyReport, FailingJob, Seen } from "../lib/frames.js"
 */

/** @type {Record<string, string>} */
export const SOURCES = { mongodb: "MongoDB", otlp: "OpenTelemetry", loki: "Loki", rest: "HTTP", files: "Files" };
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

/**
 * The ignored input: {attributes, left}, each null where nothing is known.
 * @param {State} state
 */
export function unknown(state) {
  const seen = state.sources?.seen;
  if (!seen) return { attributes: null, left: null };
  const whole = seen.map((row) => ({
    ...row,
    from: SOURCES[row.source] ?? row.source,
    what: WHAT[`${row.source} ${row.kind}`] ?? KINDS[row.kind] ?? row.kind,
  }));
  return {
    attributes: whole.filter((row) => row.kind === "attribute"),
    left: whole.filter((row) => !UNDERSTOOD.has(row.kind)),
  };
}

/** @param {Pick<Seen, "source" | "kind" | "name">} row */
export const key = (row) => [row.source, row.kind, row.name].join("\u0000");

/**
 * The rows that hold every word of the search in their name, source or kind.
 * @param {(Seen & { from: string, what: string })[]} rows
 * @param {string} words
 */
export function search(rows, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) =>
    wanted.every((word) => `${row.name} ${row.from} ${row.what}`.toLowerCase().includes(word)),
  );
}

/** @type {Record<string, string>} */
const SENTENCES = {
  late: "It changed a moment ago, or sbdash has not read and counted everything yet.",
  deleted: "It was deleted in the application, and is kept here.",
  "application's own count":
    "The application's own documents agree with sbdash; its stored figure is old or miscounted.",
  "role case": "The application compares roles with lower-case words only.",
  "wrong clock": "The application measures up to the beginning of the answer, not up to its end.",
  "from another source": "sbdash has messages of this session that came from another source than its MongoDB.",
  "missing here": "The application has documents that never arrived here.",
  "not there": "The application does not have this session, and sbdash saw no deletion.",
  unreadable: "It contains a value that cannot be compared; the server's log has the error.",
  unknown: "Nothing that is known explains it. To make ours again: python manage.py rebuild stats.",
};
export const KNOWN_CAUSES = Object.keys(SENTENCES);
/** @type {Record<string, string>} */
const AGAINST = { recalculation: "its messages", application: "the application" };
/** Causes that lie in the application or in the moment. They mean no wrong figure here. */
const HARMLESS = new Set([
  "late",
  "deleted",
  "application's own count",
  "role case",
  "wrong clock",
  "from another source",
]);

const CHECK = "consistency check";

/**
 * @param {any} value
 * @returns {string | null}
 */
const time = (value) => (typeof value === "number" ? new Date(value / 1000).toISOString() : (value ?? null));

/**
 * The numbers of differences by comparison and cause, the most frequent first.
 * @param {ConsistencyReport | null | undefined} report
 */
export function causes(report) {
  const found = Object.entries(report?.counts ?? {}).flatMap(([against, some]) =>
    Object.entries(some).map(([cause, n]) => ({
      key: `${against} ${cause}`,
      against: AGAINST[against] ?? against,
      cause,
      count: n,
      title: `${cause[0].toUpperCase()}${cause.slice(1)}, against ${AGAINST[against] ?? against}`,
      shown: count(n),
      words: SENTENCES[cause] ?? "",
      harmless: against !== "recalculation" && HARMLESS.has(cause),
    })),
  );
  return found.sort((a, b) => Number(a.harmless) - Number(b.harmless) || b.count - a.count);
}

/**
 * The result of the check. Null before the first check, undefined where nothing is known.
 * @param {any} report
 * @param {number} now
 */
export function verdict(report, now) {
  if (!report) return report;
  const by = causes(report);
  const [all, ours] = [sum(by), sum(by.filter((one) => !one.harmless))];
  const at = time(report.ended);
  const names = [
    ["Checked", ago(at, now), exact(at)],
    ["Sessions", count(report.sessions)],
    ["Messages", count(report.messages)],
    [
      "Against the application",
      report.compared ? plural(report.compared, "session") : report.error ? UNKNOWN : "not compared",
    ],
    ["Took", duration(report.seconds)],
  ];
  if (report.elsewhere) names.push(["Not the application's", plural(report.elsewhere, "session")]);
  if (report.moving) names.push(["Did not stand still", plural(report.moving, "session")]);
  return {
    ...said(all, ours),
    facts: names.map(([name, words, title = ""]) => ({ name, words, title, bad: false, href: "" })),
    error: report.error ?? "",
  };
}

/** @param {{ count: number }[]} rows */
const sum = (rows) => rows.reduce((total, row) => total + row.count, 0);
/**
 * @param {number} n
 * @param {string} word
 */
const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;

/**
 * @param {number} all
 * @param {number} ours
 */
function said(all, ours) {
  if (!all) return { well: "good", word: "the figures agree" };
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
 */
export function differences(report) {
  return (report?.differences ?? []).map((one, index) => ({
    key: String(index),
    session: one.session,
    figure: one.figure.replaceAll("_", " "),
    here: value(one.ours, one.figure),
    there: value(one.theirs, one.figure),
    against: AGAINST[one.against] ?? one.against,
    cause: one.cause,
    words: SENTENCES[one.cause] ?? "",
    ours: number(one.ours),
    theirs: number(one.theirs),
    size: gap(one),
    apart: value(gap(one), one.figure),
    href: one.ours === null && one.figure === "message_count" ? null : `/sessions/${encodeURIComponent(one.session)}/`,
  }));
}

/** @param {unknown} given */
const number = (given) => (typeof given === "number" ? given : null);

/** @param {{ ours: any, theirs: any }} options */
const gap = ({ ours, theirs }) => (number(ours) === null || number(theirs) === null ? null : Math.abs(ours - theirs));

/**
 * A figure as text, with all digits that tell it from the other.
 * @param {any} given
 * @param {string} figure
 */
function value(given, figure) {
  if (given === null || given === undefined) return UNKNOWN;
  if (typeof given === "object") return JSON.stringify(given).replaceAll('"', "").replaceAll(",", ", ");
  if (typeof given !== "number") return String(given);
  const digits = given.toLocaleString("en-US", { maximumFractionDigits: 9 });
  if (figure === "total_cost") return `US$ ${digits}`;
  return figure === "average_response_time" || figure === "conversation_duration" ? `${digits} s` : digits;
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
 * @param {Record<string, any> | undefined} ingest
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
  const waits = ingest?.waiting_events
    ? `; ${plural(ingest.waiting_events, "event")} ${ingest.waiting_events === 1 ? "waits" : "wait"} to be written`
    : "";
  if (!late.length) return `each stage reads the journal at its own pace${waits}`;
  const names = `${late.map((row) => row.name).join(" and ")} ${late.length === 1 ? "is" : "are"}`;
  return `${names} behind; the log of the pipeline's process says why, if one runs${waits}`;
}

/** The share of a limit from which on a figure counts as near it. */
const NEAR = 0.8;
/** @type {[number, string][]} */
const SIZES = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
];
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
  if (share < (usual ? 1 : NEAR)) return ["room left", "good"];
  if (usual) return ["full, as meant", "good"];
  return share < 1 ? ["near", "bad"] : ["at the limit", "critical"];
}

/**
 * @param {number} value
 * @param {string} unit
 */
function amount(value, unit) {
  if (unit === "seconds") return duration(value);
  if (unit !== "bytes") return `${count(value)} ${value === 1 ? (ONE[unit] ?? unit.slice(0, -1)) : unit}`;
  const [size, name] = SIZES.find(([size]) => value >= size) ?? [1, "B"];
  return `${(value / size).toLocaleString("en-US", { maximumFractionDigits: size === 1 ? 0 : 1 })} ${name}`;
}

/**
 * One sentence on the capacity limits.
 * @param {ReturnType<typeof bounds>} rows
 */
export function room(rows) {
  if (!rows) return "";
  const near = rows.filter((row) => row.well !== "good");
  if (!near.length)
    return "nothing is near a limit at which anybody is refused; caches may be full, then the oldest makes room";
  const where = near.some((row) => row.well === "critical") ? "at" : "near";
  return `${near.map((row) => row.name).join(", ")}: ${where} the limit, docs/operate.md says what happens there`;
}

/**
 * A cell with `12 s ago` and the exact time.
 * @param {string | null} iso
 * @param {number} now
 */
export const when = (iso, now) => ({
  text: ago(iso, now),
  title: exact(iso),
  time: moment(iso) === null ? undefined : (iso ?? undefined),
});
