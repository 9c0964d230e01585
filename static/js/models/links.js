/** The addresses of the list of sessions that figures lead to. */

/**
 * The address of a session, or of one of its messages.
 * @param {string} session
 * @param {string} [message]
 */
export const sessionAt = (session, message) =>
  `/sessions/${encodeURIComponent(session)}/${message ? `?message=${encodeURIComponent(message)}` : ""}`;

/** @param {number} seconds */
const instant = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/**
 * The address of the sessions of a stretch of time, s. Whatever is null is left out.
 * @param {number | null} from
 * @param {number | null} to
 * @param {Record<string, string | null>} [more]
 */
export function sessionsOf(from, to, more = {}) {
  const asked = new URLSearchParams();
  const since = from === null ? null : instant(from);
  const until = to === null ? null : instant(to);
  for (const [name, value] of Object.entries({ since, until, ...more })) if (value !== null) asked.set(name, value);
  return `/sessions/?${asked}`;
}

/**
 * The rows of models, each with the address of its sessions in the time of the report.
 * @template {{ model: string }} Row
 * @param {{ from: string, to: string, models: Row[] } | null} report
 */
export function modelsOf(report) {
  const [from, to] = [report?.from, report?.to].map((iso) => (iso ? Math.floor(Date.parse(iso) / 1000) : null));
  return (report?.models ?? []).map((row) => ({ ...row, href: sessionsOf(from, to, { model: row.model }) }));
}

/**
 * Seconds that an end or a failure may come after the session's last message: a timeout takes half an hour, an answer
 * longer.
 */
const AFTER_LAST = 3600;

/**
 * The address of the sessions that ended or failed in a stretch of time. The list filters by the last message, which
 * may be older, so it may hold more sessions than the bar.
 * @param {number} from
 * @param {number} to
 * @param {Record<string, string | null>} more
 */
export const sessionsBehind = (from, to, more) => sessionsOf(from - AFTER_LAST, to, more);
