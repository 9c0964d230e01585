/** The only module that knows Plotly: draws figures, keeps a person's zoom, saves pictures. */

const BETWEEN = 250;
const CONFIG = { displayModeBar: false, responsive: false, doubleClick: false, displaylogo: false, scrollZoom: false };

/** Runs `paint` at most four times a second, never while the tab is hidden or `held()` says so. */
export function pace(paint, { held = () => false, hidden = () => document.hidden, now = Date.now, later = setTimeout } = {}) {
  let wanted = false;
  let timer = null;
  let before = -Infinity;
  function run() {
    timer = null;
    if (!wanted || hidden() || held()) return;
    wanted = false;
    before = now();
    paint();
  }
  return function ask() {
    wanted = true;
    if (timer === null) timer = later(run, Math.max(0, before + BETWEEN - now()));
  };
}

/** A place to draw one chart in: draw(figure), zoom(factor), live(), png(name). Tells zoomed(bool) of changes. */
export function canvas(host, zoomed) {
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
    return globalThis.Plotly.react(host, figure.data, settle(figure.layout, window_), CONFIG).then(bind);
  }

  function bind() {
    if (bound) return;
    bound = true;
    host.on("plotly_relayout", (change) => {
      if (change["xaxis.range[0]"] !== undefined) set([change["xaxis.range[0]"], change["xaxis.range[1]"]]);
    });
    host.on("plotly_doubleclick", () => set(null));
  }

  function zoom(factor) {
    if (!shown) return;
    const [from, to] = (window_ ?? shown.layout.xaxis.range).map(milliseconds);
    const middle = (from + to) / 2;
    const half = ((to - from) / 2) * factor;
    const whole = shown.layout.xaxis.range[1] - shown.layout.xaxis.range[0];
    set(half * 2 >= whole ? null : [middle - half, middle + half]);
  }

  return { draw, zoom, live: () => set(null), png: (name) => picture(host, name) };
}

/** Plotly answers with numbers or with its own date words, which are UTC. */
export const milliseconds = (value) => (typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T")}Z`));

/** A zoom stays where a person put it. Plotly writes into what it is given: it gets a copy. */
const settle = (layout, window_) => ({ ...layout, xaxis: { ...layout.xaxis, range: [...(window_ ?? layout.xaxis.range)] } });

function picture(host, name) {
  const style = getComputedStyle(document.documentElement);
  const figure = { data: host.data, layout: { ...host.layout, paper_bgcolor: style.getPropertyValue("--surface-1").trim() } };
  return globalThis.Plotly.downloadImage(figure, { format: "png", filename: name, width: host.clientWidth, height: host.clientHeight, scale: 2 });
}
