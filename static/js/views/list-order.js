/** The order of the list that a session was opened from, kept in this tab for "previous" and "next". */

const NAME = "sbdash.list";

/** @typedef {{ list: string, links: string[] }} ListOrder the address of a list, and the addresses of its sessions */

/** @param {ListOrder} order */
export const keep = (order) => window.sessionStorage.setItem(NAME, JSON.stringify(order));

/** Forgets the order: another log-in must not find it. */
export const forget = () => window.sessionStorage.removeItem(NAME);

/**
 * The list that a session was opened from, with the addresses before and after it; null where it is not in the list.
 * @param {string} path the address of the session
 * @param {string | null} [kept]
 */
export function beside(path, kept = window.sessionStorage.getItem(NAME)) {
  if (!kept) return null;
  /** @type {ListOrder} */
  const { list, links } = JSON.parse(kept);
  const place = links.findIndex((link) => link.split("#")[0] === path);
  if (place < 0) return null;
  return {
    list,
    place: place + 1,
    all: links.length,
    before: links[place - 1] ?? null,
    after: links[place + 1] ?? null,
  };
}
