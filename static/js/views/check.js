/**
 * The card of the last check of the figures: one word where they agree, else the causes, or a command before the first
 * check.
 */

import { count } from "../lib/format.js";
import { element, setText } from "./dom.js";
import { short, trouble, well } from "./source.js";

/** @import { Dom } from "./dom.js" */

/** @param {{ count: number }[]} causes */
const total = (causes) => causes.reduce((sum, cause) => sum + cause.count, 0);

/**
 * The card. show(verdict, causes, rows, failing) fills it: the verdict is undefined where nothing is known, and null
 * before the first check; `failing` is the error of the check itself, if it fails.
 * @param {Dom} root
 */
export function check(root) {
  /**
   * @param {string} selector
   * @returns {any}
   */
  const find = (selector) => root.querySelector(selector);
  return {
    /**
     * @param {ReturnType<typeof import("../models/operations.js").verdict>} verdict
     * @param {ReturnType<typeof import("../models/operations.js").causes>} causes
     * @param {any[]} rows
     * @param {string} failing
     */
    show(verdict, causes, rows, failing) {
      find(".connect").hidden = verdict !== null;
      well(find(".verdict"), verdict === null ? "never checked" : (verdict?.word ?? "unknown"), verdict?.well ?? "off");
      short(find(".short"), verdict?.facts ?? []);
      trouble(find(".trouble"), failing ? fails(failing) : verdict?.error ? unasked(verdict.error) : null);
      list(find(".causes"), causes);
      find(".differences").hidden = !rows.length;
      setText(
        find("#differences-sub"),
        rows.length < total(causes) ? `the first ${rows.length} of ${count(total(causes))}` : `${rows.length} in all`,
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
 * @param {Dom} node
 * @param {ReturnType<typeof import("../models/operations.js").causes>} causes
 */
function list(node, causes) {
  node.hidden = !causes.length;
  while (node.children.length > causes.length) node.lastElementChild.remove();
  causes.forEach((cause, i) => {
    const row = node.children[i] ?? node.appendChild(blank());
    const [mark, name, words] = row.children;
    setText(mark, cause.shown);
    setText(name, cause.title);
    setText(words, cause.words);
    row.dataset.well = cause.harmless ? "busy" : "critical";
  });
}

function blank() {
  const row = element("li");
  row.append(element("span", { className: "many" }), element("strong"), element("span", { className: "quiet" }));
  return row;
}
