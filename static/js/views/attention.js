/**
 * The strip that says what needs attention now, where the page has one, and the count in the title of the tab. The
 * strip keeps its height: nothing below it moves when it changes.
 */

import { strip, titled } from "../models/attention.js";
import { each, element, find, findAll, setData, setText } from "./dom.js";

/** @import { Attention } from "../lib/frames.js" */
/** @import { Item, Strip } from "../models/attention.js" */

/** Returns show(attention, checked, now). */
export function attention() {
  const title = document.title;
  const host = document.getElementById("attention");

  /**
   * @param {Attention[] | null | undefined} found
   * @param {string | null | undefined} checked
   * @param {number} now
   */
  return (found, checked, now) => {
    const shown = strip(found, checked, now);
    const wanted = titled(title, shown);
    if (document.title !== wanted) document.title = wanted;
    if (host && shown) fill(host, shown);
  };
}

/**
 * @param {HTMLElement} host
 * @param {Strip} shown
 */
function fill(host, { well, head, items, unknown, checked, said }) {
  const all = [...items, ...unknown];
  setData(host, "well", well);
  setData(host, "count", String(all.length));
  const word = find(host, ".attention-head");
  word.classList.remove("skeleton");
  word.hidden = !head;
  setText(word, head);
  for (const list of findAll(host, "ul")) each(list, all, () => element("li", {}, element("a")), link);
  setText(find(host, ".attention-number"), String(all.length));
  setText(find(host, ".attention-checked"), checked);
  setText(find(host, "[role=status]"), said);
}

/**
 * @param {HTMLElement} node
 * @param {Item} item
 */
function link(node, { words, title, href, severity }) {
  const inside = find(node, "a", HTMLAnchorElement);
  setData(node, "severity", severity);
  setText(inside, severity === "unknown" ? `Not known: ${words}` : words);
  if (inside.getAttribute("href") !== href) inside.href = href;
  inside.title = title;
}
