/** The `?` of a figure: its meaning, window, source and age, from the page's list of definitions. */

import { age, moment } from "../lib/format.js";
import { element, setText } from "./dom.js";
import { hints } from "./hint.js";

/**
 * @import { Column } from "../models/types.js"
 */

/**
 * The meaning of a figure, from the page's data.
 * @typedef {{ name: string, label: string, unit: string, words: string, window: string, source: string }} Definition
 */

/** @type {Record<string, string>} */
const SOURCES = {
  reported: "reported, as the application said it",
  recomputed: "recomputed here from the messages",
  estimated: "estimated, a calculation and not a measurement",
};

/**
 * The definitions of the page, by name.
 * @param {Document} [page]
 */
export function given(page = document) {
  /** @type {Definition[]} */
  const list = JSON.parse(page.getElementById("definitions")?.textContent ?? "[]");
  return new Map(list.map((one) => [one.name, one]));
}

/**
 * The lines of a definition: [[term or "", words]].
 * @param {Definition} options
 */
export function lines({ words, unit, window: over, source }) {
  const rest = [
    ["Unit", unit],
    ["Window", over],
    ["Source", SOURCES[source] ?? source],
  ];
  return [["", words], ...rest.filter(([, said]) => said)];
}

/**
 * Adds a button to each [data-means] under root whose name, or whose first name of several, is known. tick(newest,
 * now) updates the ages.
 * @param {{ querySelectorAll: (selector: string) => Iterable<HTMLElement> }} root
 * @param {Map<string, Definition>} [known]
 */
export function definitions(root, known = given()) {
  /** @type {HTMLElement[]} */
  const ages = [];
  for (const node of root.querySelectorAll("[data-means]")) {
    const [one, ...more] = (node.dataset.means ?? "").split(" ").flatMap((name) => known.get(name) ?? []);
    if (one) ages.push(explain(node, one, more));
  }
  return {
    /**
     * @param {string | null | undefined} newest
     * @param {number} now
     */
    tick(newest, now) {
      const at = moment(newest);
      const words =
        at === null ? "nothing has come yet" : `the newest event is ${age(Math.max(0, (now - at) / 1000))} old`;
      for (const line of ages) setText(line, words);
    },
  };
}

let made = 0;

/**
 * @param {HTMLElement} node
 * @param {Definition} one
 * @param {Definition[]} more of a figure with two
 */
function explain(node, one, more) {
  made += 1;
  const id = `means-${one.name}-${made}`;
  const button = element("button", { type: "button", className: "hint", textContent: "?" });
  button.setAttribute("aria-label", `What “${one.label}” means`);
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", id);
  const text = element("div", { id, className: "hint-text", hidden: true });
  text.setAttribute("role", "tooltip");
  const last = element("span");
  const rest = more.map(({ label, words }) => [label, words]);
  for (const [term, words] of [...lines(one), ...rest])
    text.append(line(term, element("span", { textContent: words })));
  text.append(line("Age", last));
  const [name, place] = [node.querySelector("dt") ?? node, node.querySelector("dd") ?? node];
  name.append(button);
  place.append(text);
  hints(name);
  return last;
}

/**
 * @param {string} term
 * @param {HTMLElement} words
 */
function line(term, words) {
  const name = term ? [element("span", { className: "term", textContent: `${term}: ` })] : [];
  return element("p", { className: "meaning" }, ...name, words);
}

/**
 * The columns, each with its definition as title where there is one, and with its label where it has no name.
 * @template Row
 * @param {Column<Row>[]} columns
 * @param {Map<string, Definition>} [known]
 */
export const explained = (columns, known = given()) =>
  columns.map((column) => {
    const one = known.get(column.means ?? "");
    return { ...column, title: one?.words ?? column.title, name: column.name ?? one?.label };
  });
