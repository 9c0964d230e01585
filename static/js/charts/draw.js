/** The only module that knows Plotly: draws figures, keeps a person's zoom, tells of clicks, saves pictures. */

import { clockTicks, hoverWords } from "./zone.js";

const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false, displaylogo: false, scrollZoom: false };

let library = null;

/** Plotly is large and takes a while to read: it is run when the first figures stand. Rejects if it does not come. */
export const ready = () =>
  (library ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), {
      src: document.getElementById("plotly").href,
      onload: done,
      onerror: failed,
    });
    requestAnimationFrame(() => setTimeout(() => document.head.append(script)));
  }));

/**
 * A place to draw one chart in: draw(figure), zoom(factor), live(), png(name). Tells zoomed(bool) of changes, and
 * clicked([{curve, index}], event) of a click on what is drawn.
 */
export function canvas(host, zoomed, clicked = () => {}) {
  let window_ = null;
  let shown = null;
  let bound = false;

  function set(range) {
    window_ = range;
    zoomed(range !== null);
    if (shown) draw(shown);
  }

  function draw(figure) {
    shown = figure;
    const { data, layout } = dated({ data: figure.data, layout: settle(figure.layout, window_) });
    return globalThis.Plotly.react(host, data, layout, CONFIG).then(bind);
  }

  function bind() {
    if (bound) return;
    bound = true;
    host.on("plotly_relayout", (change) => {
      if (change["xaxis.range[0]"] !== undefined) set([change["xaxis.range[0]"], change["xaxis.range[1]"]]);
    });
    host.on("plotly_hover", ({ points }) => titled(host, points[0], shown.layout.xaxis.zoned));
    host.on("plotly_doubleclick", () => set(null));
    host.on("plotly_click", ({ points, event }) =>
      clicked(
        points
          .filter(under(host, points, event))
          .map(({ curveNumber, pointNumber }) => ({ curve: curveNumber, index: pointNumber })),
        event,
      ),
    );
  }

  function zoom(factor) {
    if (!shown) return;
    const [from, to] = (window_ ?? shown.layout.xaxis.range).map(milliseconds);
    const middle = (from + to) / 2;
    const half = ((to - from) / 2) * factor;
    const whole = shown.layout.xaxis.range[1] - shown.layout.xaxis.range[0];
    set(half * 2 >= whole ? null : [middle - half, middle + half]);
  }

  return { draw, zoom, live: () => set(null), png: (name) => shown && picture(host, name, shown.layout) };
}

/** Plotly answers with numbers or with its own date words, which are UTC. */
export const milliseconds = (value) =>
  typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T")}Z`);

/**
 * The layout with the range of a zoom, and with the tick labels of an axis in the viewer's zone. Plotly writes into the
 * object that it is given, so it gets a copy.
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
 */
export function dated({ data, layout }) {
  if (layout.xaxis.type !== "date") return { data, layout };
  const known = new Map();
  const all = (times) => known.get(times) ?? known.set(times, times.map(words)).get(times);
  const marked = layout.xaxis.tickvals && { tickvals: all(layout.xaxis.tickvals) };
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

const words = (time) => (typeof time === "number" ? new Date(time).toISOString().replace("T", " ").slice(0, -1) : time);

/** The head of a unified hover, which Plotly writes in UTC, in the viewer's zone. */
function titled(host, point, zoned) {
  const title = zoned && host.querySelector(".hoverlayer .legendtitletext");
  if (title) title.textContent = hoverWords(milliseconds(point.x), zoned.step);
}

/** A unified hover tells of every trace at a time: where the pointer is on a bar, that bar alone is meant. */
function under(host, points, { clientX: x, clientY: y }) {
  const drawn = new Map(
    [...host.querySelectorAll(".trace.bars")].map((group) => [
      group.__data__[0].trace.index,
      group.querySelectorAll(".point"),
    ]),
  );
  const on = ({ curveNumber, pointNumber }) => {
    const box = drawn.get(curveNumber)?.[pointNumber]?.getBoundingClientRect();
    return Boolean(box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
  };
  return points.some(on) ? on : () => true;
}

/** What is drawn, as large as it was drawn: under its table it has no size of its own. */
function picture(host, name, { width, height }) {
  const style = getComputedStyle(document.documentElement);
  const figure = {
    data: host.data,
    layout: { ...host.layout, paper_bgcolor: style.getPropertyValue("--surface-1").trim() },
  };
  return globalThis.Plotly.downloadImage(figure, { format: "png", filename: name, width, height, scale: 2 });
}
