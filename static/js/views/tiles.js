/** The tiles: figure, change, sparkline and age. A stale tile is marked. */

import { spark } from "../charts/spark.js";
import { age } from "../lib/format.js";
import { ageOf, stale } from "../models/select.js";
import { setText } from "./dom.js";

/** @import { Dom } from "./dom.js" */

/** @param {Dom} root */
export function tiles(root) {
  const held = new Map(
    [...root.querySelectorAll("[data-tile]")].map((node) => [node.dataset.tile, { node, at: null }]),
  );

  /**
   * @param {any[]} figures
   * @param {number} now
   */
  function show(figures, now) {
    const weekday = new Date(now).toLocaleDateString("en-GB", { weekday: "short" });
    for (const figure of figures) {
      const tile = held.get(figure.id);
      if (!tile) continue;
      tile.at = figure.at;
      fill(tile.node, figure, weekday);
    }
    tick(now);
  }

  /** @param {number} now */
  function tick(now) {
    for (const { node, at } of held.values()) {
      const seconds = ageOf(at, now);
      const old = stale(seconds);
      node.toggleAttribute("data-stale", old);
      setText(node.querySelector(".age"), seconds === null ? "" : old ? `stale · ${age(seconds)}` : age(seconds));
    }
  }

  return { show, tick };
}

/**
 * @param {any} node
 * @param {any} figure
 * @param {string} weekday
 */
function fill(node, figure, weekday) {
  node.removeAttribute("data-state");
  const value = node.querySelector(".value");
  value.classList.remove("skeleton");
  setText(value, figure.value);
  setText(node.querySelector(".unit"), figure.unit);
  compare(node.querySelector(".change"), figure.change, weekday);
  const { line, area } = spark(figure.spark);
  node.querySelector(".spark .line").setAttribute("d", line);
  node.querySelector(".spark .area").setAttribute("d", area);
}

/**
 * @param {Dom} node
 * @param {{ words: string, bad: boolean } | null} change
 * @param {string} weekday
 */
function compare(node, change, weekday) {
  const words = change?.words ?? "";
  node.toggleAttribute("data-bad", Boolean(change?.bad));
  if (node.dataset.words === words + weekday) return;
  node.dataset.words = words + weekday;
  node.replaceChildren(words);
  node.title = words ? `${words} against the same time a week before` : "";
  if (!words) return;
  const week = document.createElement("span");
  week.className = "week";
  week.textContent = ` on last ${weekday}`;
  node.append(week);
}
