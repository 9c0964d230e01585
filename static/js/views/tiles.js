/** The tiles: figure, change, sparkline and age. A stale tile is marked. */

import { spark } from "../charts/spark.js";
import { age, RECENT } from "../lib/format.js";
import { ageOf, stale } from "../models/select.js";
import { element, find, findAll, setText } from "./dom.js";

/** @import { tiles as figures } from "../models/figures.js" */
/** @typedef {ReturnType<typeof figures>[number]} Figure */

/** Characters above which a value is written smaller, so that none is cut. */
const LONG = 9;

/** @param {HTMLElement} root */
export function tiles(root) {
  /** @type {Map<string | undefined, { node: HTMLElement, at: string | null }>} */
  const held = new Map([...findAll(root, "[data-tile]")].map((node) => [node.dataset.tile, { node, at: null }]));

  /**
   * @param {Figure[]} figures
   * @param {number} now
   */
  function show(figures, now) {
    for (const figure of figures) {
      const tile = held.get(figure.id);
      if (!tile) continue;
      tile.at = figure.at;
      fill(tile.node, figure);
    }
    tick(now);
  }

  /** @param {number} now */
  function tick(now) {
    for (const { node, at } of held.values()) {
      const seconds = ageOf(at, now);
      const old = stale(seconds);
      node.toggleAttribute("data-stale", old);
      const words = seconds === null || seconds <= RECENT ? "" : age(seconds);
      setText(find(node, ".age"), old ? `stale · ${words}` : words);
    }
  }

  return { show, tick };
}

/**
 * @param {HTMLElement} node
 * @param {Figure} figure
 */
function fill(node, figure) {
  node.removeAttribute("data-state");
  find(node, ".value").classList.remove("skeleton");
  const link = find(node, "h2 a");
  node.dataset.label ??= link.textContent ?? "";
  setText(link, figure.label ?? node.dataset.label);
  setText(find(node, ".value"), figure.value);
  find(node, ".value").toggleAttribute("data-long", figure.value.length > LONG);
  setText(find(node, ".unit"), figure.unit);
  compare(find(node, ".change"), figure.change);
  const { line, area } = spark(figure.spark);
  find(node, ".spark .line", SVGElement).setAttribute("d", line);
  find(node, ".spark .area", SVGElement).setAttribute("d", area);
}

/**
 * @param {HTMLElement} node
 * @param {Figure["change"]} change
 */
function compare(node, change) {
  node.toggleAttribute("data-bad", Boolean(change?.bad));
  const print = change ? `${change.words} ${change.basis.exact}` : "";
  if (node.dataset.words === print) return;
  node.dataset.words = print;
  node.title = print;
  node.replaceChildren(change?.words ?? "");
  if (change) node.append(element("span", { className: "week", textContent: ` ${change.basis.words}` }));
}
