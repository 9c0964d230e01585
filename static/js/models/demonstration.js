/** The words about a demonstration whose past is being sent. */

import { two } from "../lib/format.js";

/** @typedef {{ at: number, done: number, of: number }} Filling `at` in seconds since 1970 */

/**
 * @param {Filling} filling
 * @returns {{ share: number, part: string, words: string }}
 */
export function fillingWords({ at, done, of }) {
  const moment = new Date(at * 1000);
  const day = moment.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" }).replace(",", "");
  const share = of ? done / of : 1;
  const percent = Math.floor(share * 100);
  return {
    share,
    part: ` · ${percent} % filled`,
    words: `Filling the past, the newest first: ${day}, ${two(moment.getHours())} h. ${percent} % is here.`,
  };
}
