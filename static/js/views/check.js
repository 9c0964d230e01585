/**
 * The card of the last check of the figures: one word where they agree, else the causes, or a command before the first
 * check.
 */

import { count } from "../lib/format.js";
import { each, element, find, setText } from "./dom.js";
import { short, trouble, well } from "./source.js";

/** @import { causes, differences, verdict } from "../models/operations.js" */

/**
 * The card. show(verdict, causes, rows, failing) fills it: the verdict is undefined where nothing is known, and null
 * before the first check; `failing` is the error of the check itself, if it fails.
 * @param {HTMLElement} root
 */
export function check(root) {
  return {
    /**
     * @param {ReturnType<typeof verdict>} found
     * @param {ReturnType<typeof causes>} by
     * @param {ReturnType<typeof differences>} rows
     * @param {string} failing
     */
    show(found, by, rows, failing) {
      const all = by.reduce((sum, cause) => sum + cause.count, 0);
      find(root, ".connect").hidden = found !== null;
      well(find(root, ".verdict"), found === null ? "never checked" : (found?.word ?? "unknown"), found?.well ?? "off");
      short(find(root, ".short"), found?.facts ?? []);
      trouble(find(root, ".trouble"), failing ? fails(failing) : found?.error ? unasked(found.error) : null);
      list(find(root, ".causes"), by);
      find(root, ".differences").hidden = !rows.length;
      setText(
        find(root, "#differences-sub"),
        rows.length < all ? `the first ${rows.length} of ${count(all)}` : `${rows.length} in all`,
      );
    },
  };
}

/** @param {string} error */
const fails = (error) => ({
  words: `The check itself fails: ${error}`,
  advice:
    "What stands here is the last check that was done. It is tried again within 10 minutes; " +
    "the log of the server says more.",
  well: "critical",
});
/** @param {string} error */
const unasked = (error) => ({
  words: `The chat application's database could not be read: ${error}`,
  advice: "The figures were compared with their messages only. It is tried again within an hour.",
  well: "bad",
});

/**
 * @param {HTMLElement} node
 * @param {ReturnType<typeof causes>} by
 */
function list(node, by) {
  node.hidden = !by.length;
  const blank = () =>
    element(
      "li",
      {},
      element("span", { className: "many" }),
      element("strong"),
      element("span", { className: "quiet" }),
    );
  each(node, by, blank, (row, cause) => {
    const [mark, name, words] = row.children;
    setText(mark, cause.shown);
    setText(name, cause.title);
    setText(words, cause.words);
    row.dataset.well = cause.harmless ? "busy" : "critical";
  });
}
