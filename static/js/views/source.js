/** The cards of the sources, and short lists of figures. Elements of the page are filled and never built anew. */

import { ago, exact, moment } from "../lib/format.js";
import { element, setText } from "./dom.js";

/**
 * @import { Dom } from "./dom.js"
 * @import { Fact } from "../models/sources.js"
 */

/**
 * @param {Dom} node
 * @param {string} key
 * @param {string} value
 */
const name = (node, key, value) => {
  if (node.dataset[key] !== value) node.dataset[key] = value;
};

/**
 * Shows a state in a word. The style sheet gives it its shape.
 * @param {Dom} node
 * @param {string} word
 * @param {string} kind
 * @param {string} [title]
 */
export function well(node, word, kind, title = "") {
  node.hidden = !word;
  setText(node, word);
  name(node, "well", kind);
  node.title = title;
}

/**
 * facts: [{name, words, title, bad, href}].
 * @param {Dom} list
 * @param {Fact[]} facts
 */
export function short(list, facts) {
  list.hidden = !facts.length;
  while (list.children.length > facts.length) list.lastElementChild.remove();
  facts.forEach((fact, i) => {
    const row = list.children[i] ?? list.appendChild(pair());
    const [term, words] = row.children;
    setText(term, fact.name);
    words.title = fact.title;
    words.className = fact.bad ? "flag" : "";
    name(words, "flag", fact.bad ? "few" : "");
    linked(words, fact);
  });
}

function pair() {
  const row = element("div");
  row.append(element("dt"), element("dd"));
  return row;
}

/**
 * The words, inside a link where there is an address.
 * @param {Dom} node
 * @param {{ words: string, href?: string }} options
 */
function linked(node, { words, href }) {
  const link = node.querySelector("a");
  if (!href) {
    setText(node, words);
    return;
  }
  const held = link ?? element("a");
  if (held.getAttribute("href") !== href) held.href = href;
  setText(held, words);
  if (!link) node.replaceChildren(held);
}

/**
 * @param {Dom} node
 * @param {{ words: string, advice: string, well: string } | null} said
 */
export function trouble(node, said) {
  node.hidden = !said;
  if (!said) return;
  name(node, "well", said.well);
  setText(node.querySelector(".words"), said.words);
  setText(node.querySelector(".advice"), said.advice);
}

/**
 * show(cards, now) fills each card that the page has.
 * @param {Dom} root
 */
export function sources(root) {
  const held = new Map([...root.querySelectorAll("[data-source]")].map((node) => [node.dataset.source, node]));
  return {
    /**
     * @param {any[]} cards
     * @param {number} now
     */
    show(cards, now) {
      for (const card of cards) if (held.has(card.id)) fill(held.get(card.id), card, now);
    },
  };
}

/**
 * @param {Dom} node
 * @param {any} card
 * @param {number} now
 */
function fill(node, card, now) {
  /**
   * @param {string} selector
   * @returns {any}
   */
  const find = (selector) => node.querySelector(selector);
  well(find(".well"), card.word, card.well, card.title);
  figure(find(".figure"), card, now);
  share(find(".share"), card.bar);
  trouble(find(".trouble"), card.trouble);
  find(".note").hidden = !card.note;
  setText(find(".note"), card.note);
  short(find(".short"), card.facts);
  seen(find(".seen"), card.names);
  connect(find(".connect"), card.onboarding);
}

/**
 * @param {Dom} node
 * @param {{ value: string | null, unit: string, at: string | null, never: string }} options
 * @param {number} now
 */
function figure(node, { value, unit, at, never }, now) {
  node.hidden = value === null;
  const [number, of, age] = node.children;
  number.classList.remove("skeleton");
  setText(number, value ?? "");
  setText(of, unit);
  setText(age, moment(at) === null ? never : `newest ${ago(at, now)}`);
  age.title = moment(at) === null ? "" : exact(at);
}

/**
 * @param {Dom} node
 * @param {{ share: number | null, words: string } | null} bar
 */
function share(node, bar) {
  node.hidden = !bar;
  if (!bar) return;
  const [meter, words] = node.children;
  meter.hidden = bar.share === null;
  if (meter.value !== bar.share) meter.value = bar.share ?? 0;
  setText(words, bar.words);
}

/**
 * @param {any} table
 * @param {any} names
 */
function seen(table, names) {
  table.hidden = !names;
  if (!names) return;
  setText(table.caption, names.title);
  const body = table.tBodies[0];
  while (body.rows.length > names.rows.length) body.lastElementChild.remove();
  names.rows.forEach((/** @type {any} */ row, /** @type {number} */ i) => {
    const line = body.rows[i] ?? body.appendChild(line3());
    const [called, count, age] = line.cells;
    setText(called, row.name);
    called.title = row.name;
    setText(count, row.words);
    setText(age, row.age);
    age.title = row.title;
  });
}

function line3() {
  const line = element("tr");
  line.append(element("td"), element("td", { className: "num" }), element("td", { className: "num" }));
  return line;
}

/**
 * @param {Dom} node
 * @param {{ words: string, lines: string } | null} onboarding
 */
function connect(node, onboarding) {
  node.hidden = !onboarding;
  if (!onboarding) return;
  setText(node.querySelector("p"), onboarding.words);
  lines(node.querySelector("code"), onboarding.lines);
}

/**
 * Each line is an element of its own, so that a wrapped line differs from two lines.
 * @param {Dom} code
 * @param {string} text
 */
function lines(code, text) {
  if (code.textContent === text) return;
  code.replaceChildren(
    ...text.split(/(?<=\n)/).map((line) => element("span", { className: "line", textContent: line })),
  );
}
