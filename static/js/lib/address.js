/** The address bar as the page's memory: what is chosen stands in the query, so that a link shows the same. */

/**
 * @param {string} name
 * @param {string} fallback
 */
export const read = (name, fallback) => new URLSearchParams(window.location.search).get(name) ?? fallback;

/**
 * What `#name=…` in an address says; null where it says nothing, or nothing that can be read.
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
 * Writes {name: value}; an empty value leaves the query. A step can be gone back from.
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
