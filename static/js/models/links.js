/** The addresses of the list of sessions that figures lead to. */

/** @param {number} seconds */
const instant = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/**
 * Where a stretch of time leads: the sessions of then, s. Whatever is null is left out.
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
