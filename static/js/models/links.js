/** The addresses of the list of sessions that figures lead to. */

const instant = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

/** Where a stretch of time leads: the sessions of then, s. Whatever is null is left out. */
export function sessionsOf(from, to, more = {}) {
  const asked = Object.entries({
    since: from === null ? null : instant(from),
    until: to === null ? null : instant(to),
    ...more,
  }).filter(([, value]) => value !== null);
  return `/sessions/?${new URLSearchParams(asked)}`;
}

/** Seconds that an end or a failure may come after its session's last message: a timeout half an hour, an answer as long as it takes. */
const AFTER_LAST = 3600;

/** Where ends and failures lead. The list asks for a message since then, which may be older than they: what it opens may be more than the bar. */
export const sessionsBehind = (from, to, more) => sessionsOf(from - AFTER_LAST, to, more);
