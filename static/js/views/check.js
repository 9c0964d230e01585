/** The card of the last check of the figures: a quiet word when they agree, else the causes; a command before the first. */

import { count } from "../format.js";
import { put, short, trouble, well } from "./source.js";

const total = (causes) => causes.reduce((sum, cause) => sum + cause.count, 0);
const element = (name, more = {}) => Object.assign(document.createElement(name), more);

/** show(verdict, causes, rows, failing): verdict is undefined where nothing is known, null before the first check; failing is
 * why the check itself fails, if it does. */
export function check(root) {
  const find = (selector) => root.querySelector(selector);
  return { show(verdict, causes, rows, failing) {
    find(".connect").hidden = verdict !== null;
    well(find(".verdict"), verdict === null ? "never checked" : verdict?.word ?? "unknown", verdict?.well ?? "off");
    short(find(".short"), verdict?.facts ?? []);
    trouble(find(".trouble"), failing ? fails(failing) : verdict?.error ? unasked(verdict.error) : null);
    list(find(".causes"), causes);
    find(".differences").hidden = !rows.length;
    put(find("#differences-sub"), rows.length < total(causes) ? `the first ${rows.length} of ${count(total(causes))}` : `${rows.length} in all`);
  } };
}

const fails = (error) => ({ words: `The check itself fails: ${error}`, advice: "What stands here is the last check that was done. It is tried again within 10 minutes; the log of the server says more.", well: "critical" });
const unasked = (error) => ({ words: `The chat application's database could not be read: ${error}`, advice: "The figures were compared with their messages only. It is tried again within an hour.", well: "bad" });

function list(node, causes) {
  node.hidden = !causes.length;
  while (node.children.length > causes.length) node.lastElementChild.remove();
  causes.forEach((cause, i) => {
    const row = node.children[i] ?? node.appendChild(blank());
    const [mark, name, words] = row.children;
    put(mark, cause.shown);
    put(name, cause.title);
    put(words, cause.words);
    row.dataset.well = cause.harmless ? "busy" : "critical";
  });
}

function blank() {
  const row = element("li");
  row.append(element("span", { className: "many" }), element("strong"), element("span", { className: "quiet" }));
  return row;
}
