/**
 * The head of a session's page: its state, its figures as a definition list, the chosen message, and the words for a
 * session without messages.
 */

import { definitions, given } from "./definition.js";
import { element } from "./dom.js";

/**
 * @import { Dom } from "./dom.js"
 * @import { Definition } from "./definition.js"
 * @import { State } from "../lib/types.js"
 */

/**
 * show(entries) fills the list; tick(newest, now) updates the ages in the definitions. Elements are reused, so that
 * nothing flickers.
 * @param {Dom} host
 * @param {Map<string, Definition>} [known]
 */
export function figures(host, known = given()) {
  /** @type {ReturnType<typeof definitions>[]} */
  const ages = [];

  /** @param {any[]} entries */
  function show(entries) {
    while (host.children.length > entries.length) host.lastElementChild.remove();
    const made = entries.slice(host.children.length).map((entry) => host.appendChild(blank(entry)));
    if (made.length) ages.push(definitions({ querySelectorAll: () => made.filter((box) => box.dataset.means) }, known));
    for (const [i, entry] of entries.entries()) fill(host.children[i], entry);
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
 * @param {any} box
 * @param {any} entry
 */
function fill(box, entry) {
  const [name, words] = [box.querySelector(".label"), box.querySelector(".value")];
  const look = ["figure-box", entry.lesser && "lesser", entry.wide && "wide", entry.apart && "apart"]
    .filter(Boolean)
    .join(" ");
  if (box.className !== look) box.className = look;
  if (name.textContent !== entry.name) {
    name.textContent = entry.name;
    name.title = entry.name;
  }
  linked(words, entry);
  words.classList.toggle("flag", Boolean(entry.bad));
  words.dataset.flag = entry.bad ? "bad" : "";
  words.title = entry.title ?? entry.words;
  const why = box.querySelector(".why");
  if (why.textContent !== (entry.why ?? "")) why.textContent = entry.why ?? "";
}

/**
 * The words, inside a link where there is an address.
 * @param {Dom} node
 * @param {{ words: string, href?: string }} options
 */
function linked(node, { words, href }) {
  const link = node.querySelector("a");
  if (!href) {
    if (node.textContent !== words || link) node.textContent = words;
    return;
  }
  const held = link ?? element("a");
  if (held.getAttribute("href") !== href) held.href = href;
  if (held.textContent !== words) held.textContent = words;
  if (!link) node.replaceChildren(held);
}

/** @param {{ key: string }} options */
function blank({ key }) {
  const [box, term, value] = [element("div"), element("dt"), element("dd")];
  if (key) box.dataset.means = key;
  term.append(element("span", { className: "label" }));
  value.append(element("span", { className: "value" }), element("span", { className: "why" }));
  box.append(term, value);
  return box;
}

/**
 * The line under the title, and the panel for a session without messages or without a row.
 * @param {Dom} line
 * @param {Dom} panel
 * @param {State} state
 * @param {{ words: string, title?: string }[]} facts
 */
export function head(line, panel, state, facts) {
  const { session } = state;
  const nodes = facts.map(({ words, title = "" }) => element("span", { textContent: words, title }));
  if (session) {
    const word = element("span", { className: "state-word", textContent: session.state });
    word.dataset.state = session.state;
    nodes.unshift(word);
  }
  if (line.textContent !== nodes.map((node) => node.textContent).join("")) line.replaceChildren(...nodes);
  const words = says(session, state.messages.length);
  panel.hidden = !words;
  /** @type {NodeListOf<HTMLElement>} */
  const parts = document.querySelectorAll("#figures, #rest-card, .session .charts, .session .list");
  for (const part of parts) part.hidden = Boolean(words);
  if (words && panel.dataset.says !== words[0]) {
    panel.dataset.says = words[0];
    panel.replaceChildren(element("h2", { textContent: words[0] }), element("p", { textContent: words[1] }));
  }
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
 * @param {Dom} panel
 * @param {{ clear: () => void, toRow: () => void }} options
 */
export function picked(panel, { clear, toRow }) {
  const list = panel.querySelector("ul");
  panel.querySelector("[data-clear]").addEventListener("click", clear);
  panel.querySelector("[data-row]").addEventListener("click", toRow);
  return {
    /**
     * @param {string[] | null} sentences
     * @param {boolean} [held]
     */
    show(sentences, held = true) {
      panel.hidden = !sentences;
      panel.querySelector("[data-row]").disabled = !held;
      const print = JSON.stringify(sentences);
      if (!sentences || list.dataset.print === print) return;
      list.dataset.print = print;
      list.replaceChildren(...sentences.map((text) => element("li", { textContent: text })));
    },
  };
}
