/** The only module that knows Plotly: draws figures, keeps the zoom, reports clicks, saves pictures. */

import { clockTicks, hoverWords } from "./zone.js";

/** @import { PlotlyFigure, Point } from "./types.js" */

const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false, displaylogo: false, scrollZoom: false };

/** @type {Promise<unknown> | null} */
let library = null;

/** @returns {any} */
const plotly = () => Reflect.get(globalThis, "Plotly");

/** Loads Plotly after the first figures are shown, because it is large. Rejects where it does not load. */
export const ready = () =>
  (library ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), {
      src: /** @type {HTMLLinkElement} */ (document.getElementById("plotly")).href,
      onload: done,
      onerror: failed,
    });
    requestAnimationFrame(() => setTimeout(() => document.head.append(script)));
  }));

/**
 * Draws one chart: draw(figure), zoom(factor), live(), png(name). It calls zoomed(bool) when the zoom changes, and
 * clicked([{curve, index}], event) after a click.
 * @param {any} host
 * @param {(zoomed: boolean) => void} zoomed
 * @param {(points: Point[], event: any) => void} [clicked]
 */
export function canvas(host, zoomed, clicked = () => {}) {
  /** @type {any[] | null} */
  let window_ = null;
  /** @type {PlotlyFigure | null} */
  let shown = null;
  let bound = false;

  /** @param {any[] | null} range */
  function set(range) {
    window_ = range;
    zoomed(range !== null);
    if (shown) draw(shown);
  }

  /** @param {PlotlyFigure} figure */
  function draw(figure) {
    shown = figure;
    const { data, layout } = dated({ data: figure.data, layout: settle(figure.layout, window_) });
    return plotly().react(host, data, layout, CONFIG).then(bind);
  }

  function bind() {
    if (bound) return;
    bound = true;
    host.on("plotly_relayout", (/** @type {any} */ change) => {
      if (change["xaxis.range[0]"] !== undefined) set([change["xaxis.range[0]"], change["xaxis.range[1]"]]);
    });
    host.on("plotly_hover", (/** @type {any} */ { points }) => titled(host, points[0], shown?.layout.xaxis.zoned));
    host.on("plotly_doubleclick", () => set(null));
    host.on("plotly_click", (/** @type {any} */ { points, event }) =>
      clicked(
        points
          .filter(under(host, points, event))
          .map((/** @type {any} */ { curveNumber, pointNumber }) => ({ curve: curveNumber, index: pointNumber })),
        event,
      ),
    );
  }

  /** @param {number} factor */
  function zoom(factor) {
    if (!shown) return;
    const [from, to] = (window_ ?? shown.layout.xaxis.range).map(milliseconds);
    const middle = (from + to) / 2;
    const half = ((to - from) / 2) * factor;
    const whole = shown.layout.xaxis.range[1] - shown.layout.xaxis.range[0];
    set(half * 2 >= whole ? null : [middle - half, middle + half]);
  }

  return {
    draw,
    zoom,
    live: () => set(null),
    png: (/** @type {string} */ name) => shown && picture(host, name, shown.layout),
  };
}

/**
 * Milliseconds of a number, or of a date as Plotly writes it, in UTC.
 * @param {any} value
 */
export const milliseconds = (value) =>
  typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T")}Z`);

/**
 * The layout with the range of a zoom, and with the tick labels of an axis in the viewer's zone. Plotly writes into the
 * object that it is given, so it gets a copy.
 * @param {any} layout
 * @param {any[] | null} window_
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
  const known = new Map();
  /** @param {any[]} times */
  const all = (times) => known.get(times) ?? known.set(times, times.map(words)).get(times);
  const marked = layout.xaxis.tickvals && { tickvals: all(layout.xaxis.tickvals) };
  /** @param {any} mark */
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

/** @param {any} time */
const words = (time) => (typeof time === "number" ? new Date(time).toISOString().replace("T", " ").slice(0, -1) : time);

/**
 * Writes the title of a unified hover in the viewer's zone; Plotly's own is in UTC.
 * @param {any} host
 * @param {any} point
 * @param {{ step: number, most: number } | undefined} zoned
 */
function titled(host, point, zoned) {
  const title = zoned && host.querySelector(".hoverlayer .legendtitletext");
  if (title) title.textContent = hoverWords(milliseconds(point.x), zoned.step);
}

/**
 * Which of the clicked points is meant. A unified hover has one of each trace; on a bar, that bar is meant.
 * @param {any} host
 * @param {any[]} points
 * @param {any} options
 */
function under(host, points, { clientX: x, clientY: y }) {
  const drawn = new Map(
    [...host.querySelectorAll(".trace.bars")].map((group) => [
      group.__data__[0].trace.index,
      group.querySelectorAll(".point"),
    ]),
  );
  /** @param {any} options */
  const on = ({ curveNumber, pointNumber }) => {
    const box = drawn.get(curveNumber)?.[pointNumber]?.getBoundingClientRect();
    return Boolean(box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
  };
  return points.some(on) ? on : () => true;
}

/**
 * Saves the picture in the size of the last drawing: under its table a chart has no size.
 * @param {any} host
 * @param {string} name
 * @param {{ width: number, height: number }} options
 */
function picture(host, name, { width, height }) {
  const style = getComputedStyle(document.documentElement);
  const figure = {
    data: host.data,
    layout: { ...host.layout, paper_bgcolor: style.getPropertyValue("--surface-1").trim() },
  };
  return plotly().downloadImage(figure, { format: "png", filename: name, width, height, scale: 2 });
}
