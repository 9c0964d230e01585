/** The only module that knows Plotly: draws figures, keeps the zoom, reports clicks, saves pictures. */

import { hoverOf } from "./hover.js";
import { safe } from "./labels.js";
import { clockTicks, milliseconds } from "./zone.js";

/**
 * @import { Hover, Options, PlotlyFigure, Point } from "./types.js"
 * @typedef {number | string} Time ms since 1970, or a date as Plotly writes it, in UTC
 * @typedef {HTMLElement & PlotlyFigure & { on: (name: string, act: (event: Options) => void) => void }} Host
 */

/**
 * The events of a canvas.
 * @typedef {object} Acts
 * @property {(range: number[] | null) => void} [time] a zoom along a time axis, ms; null is back to live. Without it
 *   the canvas keeps the zoom
 * @property {(zoomed: boolean) => void} [zoomed] whether the canvas keeps a zoom
 * @property {(hover: Hover | null) => void} [hovered]
 * @property {(hover: Hover, points: Point[]) => void} [clicked]
 * @property {(href: string, event: MouseEvent) => void} [opened] a click on an annotation that leads somewhere
 */

const CONFIG = {
  ...{ displayModeBar: false, responsive: false, displaylogo: false, scrollZoom: false },
  ...{ doubleClick: false, showTips: false },
};

/** The pixels above and below the chart of a picture. */
const HEAD = 72;
const FOOT = 24;

/** @type {Promise<unknown> | null} */
let library = null;

/** @returns {Options} */
const plotly = () => Reflect.get(globalThis, "Plotly");

/** Loads Plotly after the first figures are shown, because it is large. Rejects where it does not load. */
export const ready = () =>
  (library ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), {
      src: /** @type {HTMLTemplateElement} */ (document.getElementById("plotly")).dataset.src,
      onload: done,
      onerror: failed,
    });
    requestAnimationFrame(() => setTimeout(() => document.head.append(script)));
  }));

/**
 * Draws one chart: draw(figure), zoom(factor), live(), place(ms), timeAt(px), png(figure, caption).
 * @param {HTMLElement} plot
 * @param {Acts} acts
 */
export function canvas(plot, { time, zoomed = () => {}, hovered = () => {}, clicked = () => {}, opened = () => {} }) {
  const host = /** @type {Host} */ (plot); // Plotly makes it one
  /** @type {Time[] | null} */
  let window_ = null;
  /** @type {PlotlyFigure | null} */
  let shown = null;
  let bound = false;

  const shared = () => (shown?.layout.xaxis.type === "date" ? time : undefined);

  /** @param {Time[] | null} range */
  function set(range) {
    const page = shared();
    if (page) return page(range?.map(milliseconds) ?? null);
    window_ = range;
    zoomed(range !== null);
    if (shown) draw(shown);
  }

  /** @param {PlotlyFigure} figure */
  function draw(figure) {
    shown = figure;
    const { data, layout } = dated({ data: figure.data.map(silent), layout: settle(figure.layout, window_) });
    const drawn = plotly().react(host, data, layout, CONFIG);
    bind();
    return drawn;
  }

  /**
   * The address of the annotation around a target; undefined where there is none.
   * @param {EventTarget | null} target
   * @returns {string | undefined}
   */
  function leads(target) {
    const index = target instanceof Element ? target.closest(".annotation")?.getAttribute("data-index") : null;
    return index ? shown?.layout.annotations?.[Number(index)]?.href : undefined;
  }

  /** @type {string | undefined} */
  let pressed;

  /** At once: Plotly tells of a point once, also while the first drawing goes on. */
  function bind() {
    if (bound) return;
    bound = true;
    host.on("plotly_relayout", (change) => {
      if (change["xaxis.range[0]"] !== undefined) set([change["xaxis.range[0]"], change["xaxis.range[1]"]]);
    });
    host.on("plotly_hover", ({ points }) => shown && hovered(hoverOf(points, shown.layout)));
    host.on("plotly_unhover", () => hovered(null));
    host.on("plotly_doubleclick", () => {
      hovered(null);
      set(null);
    });
    // not `click`: each drawing makes the annotations anew, also between the two halves of a click
    host.addEventListener("pointerdown", ({ target, button }) => {
      pressed = button ? undefined : leads(target);
    });
    host.addEventListener("pointerup", (event) => {
      if (pressed && leads(event.target) === pressed) opened(pressed, event);
      pressed = undefined;
    });
    host.on("plotly_click", ({ points, event }) => {
      if (shown) clicked(hoverOf(points, shown.layout), points.filter(under(host, points, event)).map(pointed));
    });
  }

  /** @param {number} factor */
  function zoom(factor) {
    if (!shown) return;
    const [from, to] = (window_ ?? shown.layout.xaxis.range).map(milliseconds);
    const middle = (from + to) / 2;
    const half = ((to - from) / 2) * factor;
    const whole = shown.layout.xaxis.range[1] - shown.layout.xaxis.range[0];
    set(half * 2 >= whole && !shared() ? null : [middle - half, middle + half]);
  }

  /**
   * The place of a time, px from the left and the top; null outside the window, and without an axis of time.
   * @param {number} ms
   */
  function place(ms) {
    if (shown?.layout.xaxis.type !== "date") return null;
    const { margin, width, height, xaxis } = shown.layout;
    const [from, to] = (window_ ?? xaxis.range).map(milliseconds);
    const share = (ms - from) / (to - from);
    if (!(share >= 0 && share <= 1)) return null;
    return {
      x: margin.l + share * (width - margin.l - margin.r),
      y: margin.t,
      height: height - margin.t - margin.b,
    };
  }

  /**
   * The time at so many px from the left, ms; null outside the plot, and without an axis of time.
   * @param {number} x
   */
  function timeAt(x) {
    if (shown?.layout.xaxis.type !== "date") return null;
    const { margin, width, xaxis } = shown.layout;
    const [from, to] = (window_ ?? xaxis.range).map(milliseconds);
    const share = (x - margin.l) / (width - margin.l - margin.r);
    return share >= 0 && share <= 1 ? from + share * (to - from) : null;
  }

  return {
    draw,
    zoom,
    place,
    timeAt,
    live: () => set(null),
    png: picture,
  };
}

/**
 * A trace without Plotly's tooltip: the page draws its own.
 * @param {Options} trace
 */
const silent = ({ hovertemplate, ...trace }) => ({ hoverinfo: "none", ...trace });

/**
 * A point of Plotly as a point of a chart. A heat map names row and column.
 * @param {Options} point
 * @returns {Point}
 */
const pointed = ({ curveNumber, pointNumber, data: trace }) => ({
  curve: curveNumber,
  index: Array.isArray(pointNumber) ? pointNumber[0] * trace.x.length + pointNumber[1] : pointNumber,
});

/**
 * The layout with the range of a zoom, and with the tick labels of an axis in the viewer's zone. Plotly writes into the
 * object that it is given, so it gets a copy.
 * @param {Options} layout
 * @param {Time[] | null} window_
 */
function settle(layout, window_) {
  const { zoned, ...axis } = layout.xaxis;
  const range = [...(window_ ?? axis.range)];
  return {
    ...layout,
    xaxis: { ...axis, range, ...(zoned && { tickmode: "array", ...clockTicks(range.map(milliseconds), zoned.most) }) },
  };
}

/**
 * A figure whose times are texts in UTC. Plotly moves numbers on a date axis into the viewer's zone, which repeats an
 * hour each autumn; it takes texts as they are.
 * @param {PlotlyFigure} options
 */
export function dated({ data, layout }) {
  if (layout.xaxis.type !== "date") return { data, layout };
  /** @type {Map<(Time | null)[], (string | null)[]>} */
  const known = new Map();
  /** @param {(Time | null)[]} times */
  const all = (times) => {
    const made = known.get(times) ?? times.map(words);
    known.set(times, made);
    return made;
  };
  const marked = layout.xaxis.tickvals && { tickvals: all(layout.xaxis.tickvals) };
  /** @param {Options} mark */
  const beside = (mark) =>
    mark.xref === "x"
      ? {
          ...mark,
          ...Object.fromEntries(["x", "x0", "x1"].filter((end) => end in mark).map((end) => [end, words(mark[end])])),
        }
      : mark;
  return {
    data: data.map((trace) => (trace.x ? { ...trace, x: all(trace.x) } : trace)),
    layout: {
      ...layout,
      xaxis: { ...layout.xaxis, ...marked, range: all(layout.xaxis.range) },
      shapes: layout.shapes?.map(beside),
      annotations: layout.annotations?.map(beside),
    },
  };
}

/** @param {Time | null} time */
const words = (time) => (typeof time === "number" ? new Date(time).toISOString().replace("T", " ").slice(0, -1) : time);

/**
 * Which of the clicked points is meant. A unified hover has one of each trace; on a bar, that bar is meant.
 * @param {Host} host
 * @param {Options[]} points
 * @param {PointerEvent} event
 */
function under(host, points, { clientX: x, clientY: y }) {
  const drawn = new Map(
    [...host.querySelectorAll(".trace.bars")].map((group) => [
      Reflect.get(group, "__data__")[0].trace.index,
      group.querySelectorAll(".point"),
    ]),
  );
  /** @param {Options} point */
  const on = ({ curveNumber, pointNumber }) => {
    const box = drawn.get(curveNumber)?.[pointNumber]?.getBoundingClientRect();
    return Boolean(box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
  };
  return points.some(on) ? on : () => true;
}

/**
 * A file's name, and what stands around its chart.
 * @typedef {{ name: string, title: string, sub: string, source: string }} Caption
 */

/**
 * Saves a figure as a picture, with its title, the line under it, and its source.
 * @param {PlotlyFigure} figure
 * @param {Caption} caption
 */
function picture({ data, layout }, { name, title, sub, source }) {
  const style = getComputedStyle(document.documentElement);
  /** @param {string} variable */
  const colour = (variable) => style.getPropertyValue(variable).trim();
  const { width, height, margin } = layout;
  const text = { xref: "paper", yref: "paper", showarrow: false, font: { size: 12, color: colour("--text-2") } };
  const made = dated({
    data,
    layout: settle(
      {
        ...layout,
        height: height + HEAD + FOOT,
        margin: { ...margin, t: margin.t + HEAD, b: margin.b + FOOT },
        paper_bgcolor: colour("--surface-1"),
        title: {
          ...{ xref: "container", x: 0, xanchor: "left", yref: "container", y: 1, yanchor: "top" },
          text: `<b>${safe(title)}</b><br><span style="font-size:13px;color:${colour("--text-2")}">${safe(sub)}</span>`,
          font: { size: 17, color: colour("--text-1") },
          pad: { l: 16, t: 28 },
        },
        annotations: [
          ...(layout.annotations ?? []),
          {
            ...text,
            x: 1,
            xanchor: "right",
            xshift: margin.r - 16,
            y: 0,
            yanchor: "top",
            yshift: -margin.b,
            text: safe(source),
          },
        ],
      },
      null,
    ),
  });
  return plotly().downloadImage(made, {
    ...{ format: "png", filename: name, width, height: height + HEAD + FOOT },
    scale: 2,
  });
}
