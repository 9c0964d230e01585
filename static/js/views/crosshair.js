/** The crosshair: a line at the time under the pointer, in every chart of the page. */

import { element } from "./dom.js";

/**
 * @typedef {{ x: number, y: number, height: number }} Place px in the plot
 * @typedef {{ mark: (ms: number | null) => void }} Line
 */

/** @type {Line[]} */
const lines = [];

/**
 * Marks a time in all charts; null marks none.
 * @param {number | null} ms
 */
export const cross = (ms) => {
  for (const line of lines) line.mark(ms);
};

/**
 * The line of one chart. place(ms) says where a time stands, null where the chart does not hold it. Returns {move()},
 * for a chart whose window has moved.
 * @param {HTMLElement} plot
 * @param {(ms: number) => Place | null} place
 */
export function crosshair(plot, place) {
  const line = element("div", { className: "cross", hidden: true });
  plot.after(line);
  /** @type {number | null} */
  let at = null;

  /** @param {number | null} ms */
  function mark(ms) {
    at = ms;
    const found = ms === null || plot.hidden ? null : place(ms);
    if (line.hidden === Boolean(found)) line.hidden = !found;
    if (!found) return;
    line.style.height = `${found.height}px`;
    line.style.transform = `translate(${Math.round(plot.offsetLeft + found.x)}px, ${plot.offsetTop + found.y}px)`;
  }

  lines.push({ mark });
  return { move: () => mark(at) };
}
