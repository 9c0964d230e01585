/** The cards of the sources, and short lists of figures. Elements of the page are filled and never built anew. */

import { ago, exact, moment } from "../lib/format.js";
import { byId, each, element, find, findAll, setData, setLink, setText } from "./dom.js";
import { pair } from "./facts.js";

/** @import { Card, Fact } from "../models/sources.js" */

/**
 * Shows a state in a word. The style sheet gives it its shape.
 * @param {HTMLElement} node
 * @param {string} word
 * @param {string} kind
 * @param {string} [title]
 */
export function well(node, word, kind, title = "") {
  node.hidden = !word;
  setText(node, word);
  setData(node, "well", kind);
  node.title = title;
}

/**
 * Fills a short list of figures.
 * @param {HTMLElement} list
 * @param {Fact[]} facts
 */
export function short(list, facts) {
  list.hidden = !facts.length;
  each(list, facts, pair, (row, fact) => {
    const [term, words] = [find(row, "dt"), find(row, "dd")];
    setText(term, fact.name);
    words.title = fact.title;
    words.className = fact.bad ? "flag" : "";
    setData(words, "flag", fact.bad ? "few" : "");
    setLink(words, fact.words, fact.href);
  });
}

/**
 * @param {HTMLElement} node
 * @param {Card["trouble"]} said
 */
export function trouble(node, said) {
  node.hidden = !said;
  if (!said) return;
  setData(node, "well", said.well);
  setText(find(node, ".words"), said.words);
  setText(find(node, ".advice"), said.advice);
}

/**
 * show(cards, now) fills each card that the page has. Cards of sources that are not connected stand in `folded`, which
 * is open at first where no source is connected.
 * @param {HTMLElement} root
 * @param {HTMLElement} connected
 * @param {HTMLDetailsElement} folded
 */
export function sources(root, connected, folded) {
  let first = true;
  const held = new Map([...findAll(root, "[data-source]")].map((node) => [node.dataset.source, node]));
  return {
    /**
     * @param {Card[]} cards
     * @param {number} now
     */
    show(cards, now) {
      for (const card of cards) {
        const node = held.get(card.id);
        if (node) fill(node, card, now);
        const place = card.onboarding ? find(folded, ".sources") : connected;
        if (node && node.parentElement !== place) place.append(node);
      }
      const apart = cards.filter((card) => card.onboarding);
      folded.hidden = !apart.length;
      setText(find(folded, "#connect-names"), apart.map(({ id }) => byId(`source-${id}`).textContent).join(", "));
      if (first) folded.open = apart.length === cards.length;
      first = false;
    },
  };
}

/**
 * @param {HTMLElement} node
 * @param {Card} card
 * @param {number} now
 */
function fill(node, card, now) {
  well(find(node, ".well"), card.word, card.well, card.title);
  figure(find(node, ".figure"), card, now);
  share(find(node, ".share"), card.bar);
  trouble(find(node, ".trouble"), card.trouble);
  find(node, ".note").hidden = !card.note;
  setText(find(node, ".note"), card.note);
  short(find(node, ".short"), card.facts);
  seen(find(node, ".seen", HTMLTableElement), card.names);
  connect(find(node, ".connect"), card.onboarding);
}

/**
 * @param {HTMLElement} node
 * @param {Card} card
 * @param {number} now
 */
function figure(node, { value, unit, at, never }, now) {
  node.hidden = value === null;
  const [number, age] = [find(node, ".value"), find(node, ".age")];
  number.classList.remove("skeleton");
  setText(number, value ?? "");
  setText(find(node, ".unit"), unit);
  setText(age, moment(at) === null ? never : `newest ${ago(at, now)}`);
  age.title = moment(at) === null ? "" : exact(at);
}

/**
 * @param {HTMLElement} node
 * @param {Card["bar"]} bar
 */
function share(node, bar) {
  node.hidden = !bar;
  if (!bar) return;
  meter(find(node, "progress", HTMLProgressElement), bar.share);
  setText(find(node, "p"), bar.words);
}

/**
 * Shows a share, 0..1; null hides the meter.
 * @param {HTMLProgressElement} node
 * @param {number | null} share
 */
export function meter(node, share) {
  node.hidden = share === null;
  if (share !== null && node.value !== share) node.value = share;
}

/**
 * @param {HTMLTableElement} table
 * @param {Card["names"]} names
 */
function seen(table, names) {
  table.hidden = !names;
  if (!names) return;
  setText(table.caption, names.title);
  const blank = () =>
    element("tr", {}, element("td"), element("td", { className: "num" }), element("td", { className: "num" }));
  each(table.tBodies[0], names.rows, blank, (line, row) => {
    const [called, count, age] = line.cells;
    setText(called, row.name);
    called.title = row.name;
    setText(count, row.words);
    setText(age, row.age);
    age.title = row.title;
  });
}

/**
 * Each line of the code is an element of its own, so that a wrapped line differs from two lines.
 * @param {HTMLElement} node
 * @param {Card["onboarding"]} onboarding
 */
function connect(node, onboarding) {
  node.hidden = !onboarding;
  if (!onboarding) return;
  setText(find(node, "p"), onboarding.words);
  const code = find(node, "code");
  if (code.textContent === onboarding.lines) return;
  const lines = onboarding.lines.split(/(?<=\n)/);
  code.replaceChildren(...lines.map((line) => element("span", { className: "line", textContent: line })));
}
