/** The words of a page for a check that was asked for. */

import { count, duration, plural } from "../lib/format.js";
import { figureName, figureValue } from "./difference.js";

/**
 * @import { ConsistencyReport } from "../lib/frames.js"
 * @import { FigureNames } from "./difference.js"
 */

/**
 * @typedef {object} CheckState
 * @property {string} session empty for a check of all sessions
 * @property {"running" | "done" | "failed" | "interrupted"} state
 * @property {number} checked
 * @property {number} total
 * @property {ConsistencyReport | null} report
 */

/**
 * The state of a check in words, and how well it is; null before the first.
 * @param {CheckState | null} state
 * @param {FigureNames} names
 * @param {boolean} [busy] another check runs
 * @returns {{ words: string, well: "good" | "bad" | "busy" | "off" } | null}
 */
export function checkWords(state, names, busy = false) {
  if (busy && state?.state !== "running") return { words: "Another check runs. Try again in a moment.", well: "busy" };
  if (!state) return null;
  if (state.state === "running")
    return {
      words: state.session ? "Checking…" : `Checking: ${count(state.checked)} of ${count(state.total)} sessions`,
      well: "busy",
    };
  if (state.state !== "done" || !state.report)
    return {
      words:
        state.state === "interrupted" ? "The check was interrupted." : "The check failed. The server's log says why.",
      well: "bad",
    };
  return result(state.report, names, Boolean(state.session));
}

/**
 * @param {ConsistencyReport} report
 * @param {FigureNames} names
 * @param {boolean} one
 * @returns {{ words: string, well: "good" | "bad" | "off" }}
 */
function result(report, names, one) {
  const found = Object.values(report.counts)
    .flatMap((by) => Object.values(by))
    .reduce((sum, n) => sum + n, 0);
  if (one && report.moving)
    return { words: "The session changed while it was read. Try again in a moment.", well: "off" };
  const done = one
    ? `recalculated from ${plural(report.messages, "message")}`
    : `${plural(report.sessions, "session")} checked in ${duration(report.seconds)}`;
  if (!found) return { words: `All figures match · ${done}`, well: "good" };
  const differing = report.differences.map(({ figure, ours, theirs, against }) => {
    const where = against === "application" ? "in the application" : "recalculated";
    const [here, there] = [ours, theirs].map((value) => figureValue(names, figure, value));
    return `${figureName(names, figure)} ${here} here, ${there} ${where}`;
  });
  const which = one ? `: ${differing.join("; ")}` : "";
  return { words: `${plural(found, "difference")}${which} · ${done}`, well: "bad" };
}
