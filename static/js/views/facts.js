/** A row of figures, each with a note. Elements of the page are filled and never built anew. */

import { each, element, find, findAll, setText } from "./dom.js";

/**
 * show([{id, value, note}]) fills each [data-fact] under root.
 * @param {HTMLElement} root
 */
export function facts(root) {
  const held = new Map([...findAll(root, "[data-fact]")].map((node) => [node.dataset.fact, node]));
  return {
    /** @param {{ id: string, value: string, note: string }[]} all */
    show(all) {
      for (const { id, value, note } of all) {
        const node = held.get(id);
        if (!node) continue;
        find(node, ".value").classList.remove("skeleton");
        setText(find(node, ".value"), value);
        setText(find(node, ".note"), note);
      }
    },
  };
}

/**
 * Fills a definition list with names, words and notes.
 * @param {HTMLElement} host
 * @param {{ name: string, words: string, note?: string }[]} all
 */
export function pairs(host, all) {
  const noted = () => element("div", {}, element("dt"), element("dd"), element("dd", { className: "note" }));
  each(host, all, noted, (box, { name, words, note = "" }) => {
    setText(box.children[0], name);
    setText(box.children[1], words);
    setText(box.children[2], note);
  });
}

export const pair = () => element("div", {}, element("dt"), element("dd"));
