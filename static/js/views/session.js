/**
 * The head of a session's page: its state, its figures as a definition list, the chosen message, and the words for a
 * session without messages.
 */

import { definitions, given } from "./definition.js";
import { each, element, find, findAll, setData, setText } from "./dom.js";

/**
 * @import { Definition } from "./definition.js"
 * @import { Fact, Figured } from "../models/figures.js"
 * @import { State } from "../lib/types.js"
 */

/**
 * show(entries) fills the list; tick(newest, now) updates the ages in the definitions. Elements are reused, so that
 * nothing flickers.
 * @param {HTMLElement} host
 * @param {Map<string, Definition>} [known]
 */
export function figures(host, known = given()) {
  /** @type {ReturnType<typeof definitions>[]} */
  const ages = [];

  /** @param {Figured[]} entries */
  function show(entries) {
    /** @type {HTMLElement[]} */
    const made = [];
    const make = (/** @type {Figured} */ entry) => {
      const box = blank(entry);
      made.push(box);
      return box;
    };
    each(host, entries, make, fill);
    if (made.length) ages.push(definitions({ querySelectorAll: () => made.filter((box) => box.dataset.means) }, known));
  }

  return {
    show,
    /**
     * @param {string | null} newest
     * @param {number} now
     */
    tick: (newest, now) => {
      for (const one of ages) one.tick(newest, now);
    },
  };
}

/**
 * @param {HTMLElement} box
 * @param {Figured} entry
 */
function fill(box, entry) {
  const [name, words] = [find(box, ".label"), find(box, ".value")];
  const look = ["figure-box", entry.lesser && "lesser", entry.wide && "wide", entry.apart && "apart"];
  box.className = look.filter(Boolean).join(" ");
  setText(name, entry.name);
  name.title = entry.name;
  setText(words, entry.words);
  words.classList.toggle("flag", entry.bad);
  setData(words, "flag", entry.bad ? "bad" : "");
  words.title = entry.title ?? entry.words;
  setText(find(box, ".why"), entry.why);
}

/** @param {Figured} options */
function blank({ key }) {
  const words = [element("span", { className: "value" }), element("span", { className: "why" })];
  const box = element(
    "div",
    {},
    element("dt", {}, element("span", { className: "label" })),
    element("dd", {}, ...words),
  );
  if (key) box.dataset.means = key;
  return box;
}

/**
 * The line under the title, and the panel for a session without messages or without a row.
 * @param {HTMLElement} line
 * @param {HTMLElement} panel
 * @param {Pick<State, "session" | "messages">} state
 * @param {Fact[]} facts
 */
export function head(line, panel, state, facts) {
  const { session } = state;
  const nodes = facts.map(fact);
  if (line.textContent !== nodes.map((node) => node.textContent).join("")) line.replaceChildren(...nodes);
  const words = says(session, state.messages.length);
  panel.hidden = !words;
  const parts = findAll(document, "#figures, #rest-card, .session .charts, .session .list");
  for (const part of parts) part.hidden = Boolean(words);
  if (words && panel.dataset.says !== words[0]) {
    panel.dataset.says = words[0];
    panel.replaceChildren(element("h2", { textContent: words[0] }), element("p", { textContent: words[1] }));
  }
}

/** @param {Fact} options */
function fact({ words, title = "", href = "", state = "" }) {
  if (href) return element("a", { textContent: words, title, href });
  const node = element("span", { textContent: words, title, className: state ? "state-word" : "" });
  setData(node, "state", state);
  return node;
}

/**
 * The way to the sessions before and after this one, in the order of the list that it was opened from.
 * @param {HTMLElement} bar
 * @param {ReturnType<typeof import("./list-order.js").beside>} order
 */
export function neighbours(bar, order) {
  bar.hidden = !order;
  if (!order) return;
  const link = (/** @type {string} */ name, /** @type {string | null} */ href) => {
    const found = find(bar, `[data-to="${name}"]`, HTMLAnchorElement);
    found.hidden = !href;
    if (href) found.href = href;
  };
  link("before", order.before);
  link("after", order.after);
  link("list", order.list);
  setText(find(bar, "[data-place]"), `${order.place} of ${order.all}`);
}

/**
 * @param {State["session"]} session
 * @param {number} messages
 */
function says(session, messages) {
  if (!session)
    return [
      "Nothing is known of this session yet",
      "Its figures will be here as soon as its first event arrives, without a reload.",
    ];
  if (messages || session.message_count) return null;
  if (session.state === "ended")
    return ["It ended without a message", "Nobody wrote in this session before it was closed."];
  return ["No messages yet", "It was opened, and nobody has written. The first message will show here by itself."];
}

/**
 * The panel of the chosen message. show(null) hides it; `held` says whether the message has a row.
 * @param {HTMLElement} panel
 * @param {{ clear: () => void, toRow: () => void }} options
 */
export function picked(panel, { clear, toRow }) {
  const [list, row] = [find(panel, "ul"), find(panel, "[data-row]", HTMLButtonElement)];
  find(panel, "[data-clear]").addEventListener("click", clear);
  row.addEventListener("click", toRow);
  return {
    /**
     * @param {string[] | null} sentences
     * @param {boolean} [held]
     */
    show(sentences, held = true) {
      panel.hidden = !sentences;
      row.disabled = !held;
      const print = JSON.stringify(sentences);
      if (!sentences || list.dataset.print === print) return;
      list.dataset.print = print;
      list.replaceChildren(...sentences.map((text) => element("li", { textContent: text })));
    },
  };
}
