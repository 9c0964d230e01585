/** The card of the last check of the figures: a quiet word when they agree, else the causes; a command before the first. */

import { count } from "../format.js";
import { put, short, trouble, well } from "./source.js";

const total = (causes) => causes.reduce((sum, cause) => sum + cause.count, 0);
const element = (name, more = {}) => Object.assign(document.createElement(name), more);

/** show(verdict, causes, rows): verdict is undefined where nothing is known, null before the first check. */
export function check(root) {
  const find = (selector) => root.querySelector(selector);
  return { show(verdict, causes, rows) {
    find(".connect").hidden = verdict !== null;
    well(find(".verdict"), verdict === null ? "never checked" : verdict?.word ?? "unknown", verdict?.well ?? "off");
    short(find(".short"), verdict?.facts ?? []);
    trouble(find(".trouble"), verdict?.error ? wrong(verdict.error) : null);
    list(find(".causes"), causes);
    find(".differences").hidden = !rows.length;
    put(find("#differences-sub"), rows.length < total(causes) ? `the first ${rows.length} of ${count(total(causes))}` : `${rows.length} in all`);
  } };
}

/** Why the last check is not the whole truth: it fails itself, or the application could not be asked. */
function wrong(error) {
  if (error.startsWith("the check itself fails")) return { words: `${error[0].toUpperCase()}${error.slice(1)}`, advice: "What stands here is the last check that was done. It is tried again within 10 minutes; the log of the server says more.", well: "critical" };
  return { words: `The chat application's database could not be asked: ${error}`, advice: "The figures were compared with their messages only. It is tried again within an hour.", well: "bad" };
}

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
