/** The address of a page. The query holds what a person has chosen, so that a link shows the same. */

/**
 * @param {string} name
 * @param {string} fallback
 */
export const read = (name, fallback) => new URLSearchParams(window.location.search).get(name) ?? fallback;

/**
 * The value of `#name=…` in an address; null where there is none, or where it cannot be decoded.
 * @param {string} name
 * @param {string} [hash]
 */
export function anchored(name, hash = window.location.hash) {
  try {
    return hash.startsWith(`#${name}=`) ? decodeURIComponent(hash.slice(name.length + 2)) || null : null;
  } catch {
    return null;
  }
}

/**
 * Writes {name: value} into the query and removes empty values. With `step`, the browser's back button undoes it.
 * @param {Record<string, string | null>} values
 * @param {{ step?: boolean }} [options]
 */
export function write(values, { step = false } = {}) {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href === window.location.href) return;
  window.history[step ? "pushState" : "replaceState"](null, "", url);
}
