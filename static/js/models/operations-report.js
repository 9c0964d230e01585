/** The figures, rows and texts of the report on Operations. */

import { bytes, count, duration, epoch, known, moment, plural, share, UNKNOWN } from "../lib/format.js";
import { rangeWords } from "../lib/period.js";
import { sessionAt } from "./links.js";
import { fact } from "./usage.js";

/**
 * @import { Figure } from "../lib/types.js"
 * @import { Operations, ProcessFigures } from "../lib/frames.js"
 */

const DAY = 86400;

/**
 * The heading over the figures of a window: `Last 7 days`.
 * @param {string} window
 */
export const heading = (window) => rangeWords(window).replace(/^./, (letter) => letter.toUpperCase());

/**
 * The figures at the head: [{id, value, note}].
 * @param {{ report: Operations | null, process?: ProcessFigures | null, lag: Figure, now: string }} state
 */
export function facts({ report, process, lag, now }) {
  /** @param {"count" | "failed" | "timeout"} field */
  const sum = (field) => (report?.operations ?? []).reduce((total, row) => total + row[field], 0);
  const [failed, done] = [sum("failed") + sum("timeout"), sum("count")];
  const { too_long: late, errors, ends } = report ?? {};
  const ended = ends ? plural(ends.closed + ends.timeout + ends.error, "session") : "";
  return [
    fact("active_sessions", count(report?.active), "message in the last 5 min"),
    fact("open_sessions", count(report?.open), report ? `${ended} ended in this time` : ""),
    fact("too_long", count(late?.count), late ? `longer than ${longer(late.limit)}` : ""),
    fact("error_rate", share(errors?.rate), errors ? `${count(errors.failed)} of ${count(errors.finished)}` : ""),
    fact("failure_rate", share(done ? failed / done : null), report ? `${count(failed)} of ${count(done)}` : ""),
    fact("lag", known(lag) ? duration(lag) : UNKNOWN, "from receipt to the figures"),
    fact("rss", bytes(process?.rss_bytes ?? null), running(process, now)),
    fact("cpu_share", share(process?.cpu_share), "of one core, with the pipeline"),
  ];
}

/** @param {number} limit */
const longer = (limit) => (limit % DAY === 0 ? plural(limit / DAY, "day") : duration(limit));

/**
 * @param {ProcessFigures | null | undefined} process
 * @param {string} now
 */
function running(process, now) {
  const since = moment(process?.since ?? null);
  return since === null ? "" : `running for ${duration(Math.max(0, Math.round(epoch(now) - since / 1000)))}`;
}

/**
 * The sessions that are open too long: {words, rows: [{id, href}]}; null where no report has come.
 * @param {Operations | null} report
 */
export function tooLong(report) {
  if (!report) return null;
  const { count: n, limit, sessions } = report.too_long;
  if (!n) return { words: `No session has been open for longer than ${longer(limit)}.`, rows: [], bad: false };
  const shown = sessions.length < n ? `; the oldest ${count(sessions.length)} are` : n === 1 ? "; it is" : "; they are";
  return {
    words: `${plural(n, "session")} ${n === 1 ? "has" : "have"} been open for longer than ${longer(limit)}${shown}:`,
    rows: sessions.map((id) => ({ id, href: sessionAt(id) })),
    bad: true,
  };
}
