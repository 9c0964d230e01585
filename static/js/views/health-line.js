/** The line that says what happened to sbdash itself in the last day. */

import { healthLine } from "../models/health-line.js";
import { element, find, setText } from "./dom.js";

/** @import { LastDay } from "../lib/frames.js" */

/**
 * Returns show(day, now). The line is written anew only where its words have changed.
 * @param {HTMLElement} host
 * @param {Record<string, string>} refusals what the status of a refused request means
 */
export function health(host, refusals) {
  let shown = "";

  return (/** @type {LastDay | null | undefined} */ day, /** @type {number} */ now) => {
    const line = healthLine(day, now, refusals);
    const print = JSON.stringify(line);
    if (!line || print === shown) return;
    shown = print;
    const since = find(host, ".since");
    since.classList.remove("skeleton");
    setText(since, line.since);
    find(host, "ul").replaceChildren(
      ...line.parts.map(({ words, href, bad }) => {
        const part = href ? element("a", { href, textContent: words }) : words;
        const item = element("li", {}, part);
        item.toggleAttribute("data-bad", bad);
        return item;
      }),
    );
  };
}
