/** Limits that the server's settings name, in seconds. views/limits.js fills them before a page draws. */

/**
 * `slow`: ALERT_HIGH_RESPONSE_TIME, `verySlow`: MAX_RESPONSE_TIME_ALERT, `open`: MAX_SESSION_DURATION; their defaults
 * where a page names none.
 */
export const limits = { slow: 10, verySlow: 30, open: 86400 };
