/** A row of figures, each with a note. Elements of the page are filled and never built anew. */

import { setText } from "./dom.js";

/** @import { Dom } from "./dom.js" */

/**
 * show([{id, value, note}]) fills each [data-fact] under root.
 * @param {Dom} root
 */
export function facts(root) {
  const held = new Map([...root.querySelectorAll("[data-fact]")].map((node) => [node.dataset.fact, node]));
  return {
    /** @param {{ id: string, value: string, note: string }[]} all */
    show(all) {
      for (const { id, value, note } of all) {
        const node = held.get(id);
        if (!node) continue;
        node.querySelector(".value").classList.remove("skeleton");
        setText(node.querySelector(".value"), value);
        setText(node.querySelector(".note"), note);
      }
    },
  };
}

/**
 * Fills a definition list with names and words. Elements are reused.
 * @param {Dom} host
 * @param {{ name: string, words: string }[]} all
 */
export function pairs(host, all) {
  /** @param {string} name */
  const element = (name) => document.createElement(name);
  while (host.children.length > all.length) host.lastElementChild.remove();
  all.forEach(({ name, words }, i) => {
    const box = host.children[i] ?? host.appendChild(element("div"));
    if (!box.children.length) box.append(element("dt"), element("dd"));
    setText(box.children[0], name);
    setText(box.children[1], words);
  });
}
