/** The chart on which a threshold is set: the figure's past, firings as bands, the threshold as a line to drag. */

import { day } from "../lib/format.js";
import { find } from "./dom.js";

/**
 * @import { Firing, Point } from "../models/tuning.js"
 * @typedef {{ points: Point[], width: number, single: boolean }} Curve
 * @typedef {{ curve: Curve, from: number, to: number, top: number, threshold: number, firings: Firing[] }} Drawn
 */

const SVG = "http://www.w3.org/2000/svg";
const [LEFT, RIGHT, ABOVE, BELOW] = [64, 12, 16, 24];
const BAND = 8;

/**
 * The threshold after a key of the slider, in three digits; null for other keys. An arrow is a hundredth of the axis.
 * @param {string} key
 * @param {number} threshold
 * @param {number} top of the axis
 */
export function stepped(key, threshold, top) {
  if (key === "Home") return 0;
  if (key === "End") return below(top);
  const steps = { ArrowUp: 1, ArrowDown: -1, ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
  const by = steps[/** @type {keyof typeof steps} */ (key)];
  return by ? Number(Math.max(0, threshold + (by * top) / 100).toPrecision(3)) : null;
}

/**
 * The largest number of three digits that is not above a positive one.
 * @param {number} value
 */
function below(value) {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.floor(value / unit) * unit).toPrecision(3));
}

/**
 * Draws into the svg of `host`. moved(value) is called while the line is dragged, and for the arrow keys.
 * @param {HTMLElement} host
 * @param {{ moved: (value: number) => void, write: (value: number) => string,
 *   tick: (value: number) => string, ticks: (top: number) => number[] }} options
 */
export function tuneChart(host, { moved, write, tick, ticks }) {
  const svg = find(host, "svg", SVGSVGElement);
  const line = find(host, ".threshold", SVGGElement);
  /** @type {Drawn | null} */
  let drawn = null;
  let height = 0;

  /** @param {Drawn} next */
  function show(next) {
    drawn = next;
    const width = host.clientWidth;
    height = host.clientHeight;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    /** @param {number} t */
    const x = (t) => LEFT + ((t - next.from) / (next.to - next.from)) * (width - LEFT - RIGHT);
    find(svg, ".axis", SVGGElement).replaceChildren(...axis(next, width, x));
    find(svg, ".past", SVGGElement).replaceChildren(past(next, x));
    find(svg, ".bands", SVGGElement).replaceChildren(...next.firings.map((one) => band(one, next.to, x)));
    const at = y(next.threshold);
    line.setAttribute("transform", `translate(0 ${at})`);
    for (const one of line.querySelectorAll("line")) one.setAttribute("x2", String(width - RIGHT));
    find(line, "text", SVGTextElement).textContent = write(next.threshold);
    line.setAttribute("aria-valuenow", String(next.threshold));
    line.setAttribute("aria-valuetext", write(next.threshold));
    line.setAttribute("aria-valuemax", String(next.top));
  }

  /** @param {number} value */
  const y = (value) => height - BELOW - (Math.max(0, value) / (drawn?.top ?? 1)) * (height - ABOVE - BELOW);

  /**
   * @param {Drawn} about
   * @param {number} width
   * @param {(t: number) => number} x
   */
  function axis({ top, from, to }, width, x) {
    const steps = ticks(top);
    const days = [0.1, 0.3, 0.5, 0.7, 0.9].map((part) => from + part * (to - from));
    return [
      ...steps.map((value) => made("line", { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) })),
      ...steps.map((value) => made("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, tick(value))),
      ...days.map((t) => made("text", { x: x(t), y: height - 6, "text-anchor": "middle" }, day(t * 1000).slice(5))),
    ];
  }

  /**
   * A line from the least to the largest value of each part; dots for single values.
   * @param {Drawn} about
   * @param {(t: number) => number} x
   */
  function past({ curve: { points, width, single } }, x) {
    let last = -Infinity;
    const path = points.map(([t, least, largest]) => {
      const joins = !single && t - last <= width * 1.5;
      last = t;
      const [bottom, high] = [y(least), y(largest)];
      const end = high === bottom ? `h${single || !joins ? 1 : 0}` : `V${high}`;
      return `${joins ? "L" : "M"}${x(t).toFixed(1)} ${bottom.toFixed(1)}${end}`;
    });
    return made("path", { d: path.join(""), class: single ? "dots" : "" });
  }

  /**
   * @param {Firing} firing
   * @param {number} until
   * @param {(t: number) => number} x
   */
  function band({ from, to }, until, x) {
    const [start, end] = [Date.parse(from) / 1000, to ? Date.parse(to) / 1000 : until];
    const left = Math.max(LEFT, x(start));
    return made("rect", { x: left, y: 2, width: Math.max(2, x(end) - left), height: BAND });
  }

  /** @param {PointerEvent} event */
  function drag(event) {
    if (!drawn || !line.hasPointerCapture(event.pointerId)) return;
    const place = event.clientY - svg.getBoundingClientRect().top;
    const share = (height - BELOW - place) / (height - ABOVE - BELOW);
    moved(Number((Math.max(0, Math.min(1, share)) * drawn.top).toPrecision(3)));
  }

  line.addEventListener("pointerdown", (event) => {
    line.setPointerCapture(event.pointerId);
    event.preventDefault();
    line.focus();
  });
  line.addEventListener("pointermove", drag);
  line.addEventListener("keydown", (event) => {
    const next = drawn && stepped(event.key, drawn.threshold, drawn.top);
    if (next === null) return;
    event.preventDefault();
    moved(next);
  });
  new ResizeObserver(() => drawn && show(drawn)).observe(host);
  return { show };
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function made(name, attributes, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  if (text) node.textContent = text;
  return node;
}
