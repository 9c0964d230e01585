/** A card with one chart: its texts and buttons, its links, and its data as a table. */

import { look } from "../charts/colours.js";
import { canvas, ready } from "../charts/draw.js";
import { drill } from "../charts/template.js";
import { turns } from "../lib/pace.js";
import { csv } from "../models/figures.js";
import { choices } from "./choices.js";
import { dataTable } from "./data-table.js";
import { setText } from "./dom.js";
import { save } from "./save.js";

/**
 * @import { Dom } from "./dom.js"
 * @import { State } from "../lib/types.js"
 * @import { Chart, Point, Sign } from "../charts/types.js"
 */

const turn = turns();

/** The colours and the font that the page has now. */
function present() {
  const style = getComputedStyle(document.documentElement);
  return look((name) => style.getPropertyValue(name).trim());
}

/**
 * Binds a chart module to its card. Returns {show(state)}. `choice` is the first of its choices, and chose(id) is
 * called for another. `list` is the address of the list of sessions that this viewer may see.
 * @param {Chart<any>} chart
 * @param {Dom} section
 * @param {{ choice?: string, chose?: (id: string) => void, list?: string }} [options]
 */
export function card(chart, section, { choice = chart.choices?.[0].id, chose = () => {}, list = "/sessions/" } = {}) {
  /**
   * @param {string} selector
   * @returns {any}
   */
  const find = (selector) => section.querySelector(selector);
  const plot = find(".plot");
  const paper = canvas(
    plot,
    (zoomed) => {
      find('[data-do="live"]').hidden = !zoomed;
    },
    opens((point) => link(point)),
  );
  const drawer = find(".data-table");
  const data = dataTable(drawer);
  const seen = sight(section, () => render());
  /** @param {Point} point */
  const link = (point) =>
    rows ? ((chart.link ?? drill)(rows, point)?.replace(/^\/sessions\/(?=\?)/, list) ?? null) : null;
  let chosen = choice;
  /** @type {any} */
  let held = null;
  /** @type {any} */
  let rows = null;
  /** @type {string | null} */
  let print = null;

  /** @param {State} state */
  function show(state) {
    held = state;
    guarded(() => {
      tell(state);
      render();
    });
  }

  /** @param {() => void} act */
  function guarded(act) {
    try {
      act();
    } catch (error) {
      broken(section, error);
    }
  }

  /** @param {State} state */
  function tell(state) {
    rows = chart.rows(state, chosen);
    const sub = chart.sub(state, chosen);
    setText(find(".sub"), sub);
    find(".sub").title = sub;
    setText(find(".sr"), chart.summary(rows));
  }

  function render() {
    if (!rows) return;
    const open = !drawer.hidden;
    if (chart.key) legend(find(".key"), open ? [] : chart.key(rows, present()));
    setText(find(".nothing"), chart.nothing);
    find(".nothing").hidden = open || !chart.isEmpty(rows);
    if (open) turn(paint);
    else
      ready().then(
        () => turn(paint),
        (error) => broken(section, error),
      );
  }

  const paint = () => guarded(() => (drawer.hidden ? draw() : tabled()));

  function tabled() {
    section.removeAttribute("data-state");
    data.show(chart.table(rows), find("h2").textContent, (/** @type {number} */ index) => link({ index, row: index }));
  }

  /** Draws what has changed where the card can be seen, else when it comes into sight. */
  function draw() {
    const [colours, size] = [present(), measure(plot)];
    const wanted = JSON.stringify([rows, colours, size]);
    if (wanted === print || !size.width || (print && !seen())) return;
    paper.draw(chart.figure(rows, colours, size));
    print = wanted;
    section.toggleAttribute("data-opens", Boolean(chart.link ?? rows.times));
    section.removeAttribute("data-state");
  }

  function toggle() {
    drawer.hidden = !drawer.hidden;
    plot.hidden = !drawer.hidden;
    find('[data-do="table"]').setAttribute("aria-pressed", String(!drawer.hidden));
    render();
  }

  /** @param {string} id */
  function choose(id) {
    chosen = id;
    chose(id);
    if (held) show(held);
  }

  /** Saves the picture, in a turn after the one that draws it. */
  function picture() {
    if (rows)
      ready().then(
        () => turn(() => paper.png(`sbdash-${chart.id}`)),
        (error) => broken(section, error),
      );
  }

  const acts = {
    table: toggle,
    live: paper.live,
    in: () => paper.zoom(0.5),
    out: () => paper.zoom(2),
    png: picture,
    csv: () => rows && save(`sbdash-${chart.id}.csv`, csv(chart.table(rows).columns, chart.table(rows).rows)),
  };
  if (chart.choices) choices(find("header"), find("h2").textContent, chart.choices, chosen, choose);
  bind(section, acts);
  new ResizeObserver(render).observe(plot);
  document.addEventListener("themechange", render);
  return { show };
}

/**
 * Opens the link of a clicked point. With touch, which also shows the hover text, the second touch opens it.
 * @param {(point: Point) => string | null} link
 */
function opens(link) {
  /** @type {any} */
  let before = null;
  return (/** @type {Point[]} */ points, /** @type {any} */ event) => {
    const href = points.map(link).find(Boolean);
    if (!href) return;
    const first =
      event.pointerType === "touch" || window.matchMedia("(pointer: coarse)").matches ? before !== href : false;
    before = href;
    if (first) return;
    if (event.ctrlKey || event.metaKey) window.open(href);
    else window.location.assign(href);
  };
}

/**
 * Returns whether a card is near the window. comes() is called when it comes near.
 * @param {Dom} section
 * @param {() => void} comes
 */
function sight(section, comes) {
  let near = true;
  new IntersectionObserver(
    (entries) => {
      near = entries[entries.length - 1].isIntersecting;
      if (near) comes();
    },
    { rootMargin: "200px" },
  ).observe(section);
  return () => near;
}

/**
 * Shows the failure of one chart; the rest of the page goes on.
 * @param {Dom} section
 * @param {unknown} error
 */
function broken(section, error) {
  section.dataset.state = "broken";
  const words = section.querySelector(".nothing");
  words.hidden = false;
  setText(
    words,
    "Plotly" in globalThis
      ? "This chart could not be drawn. Its table may still work."
      : "The chart library did not load. The table still works; reload to try again.",
  );
  console.error(error);
}

/**
 * @param {Dom} section
 * @param {Record<string, () => unknown>} acts
 */
function bind(section, acts) {
  section.addEventListener("click", (/** @type {any} */ event) => {
    const act = acts[event.target.closest("[data-do]")?.dataset.do];
    if (act) act();
  });
  section.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.key === "d" && !event.ctrlKey && !event.metaKey && !event.altKey) acts.table();
  });
}

/**
 * @param {Dom} host
 * @param {Sign[]} marks
 */
function legend(host, marks) {
  const print = JSON.stringify(marks);
  host.hidden = !marks.length;
  if (host.dataset.print === print) return;
  host.dataset.print = print;
  host.replaceChildren(
    ...marks.map(({ sign, name, colour }) => {
      const [entry, mark] = [document.createElement("li"), document.createElement("span")];
      mark.textContent = sign;
      mark.style.color = colour;
      entry.append(mark, name);
      return entry;
    }),
  );
}

/** @param {Dom} plot */
const measure = (plot) => ({
  width: plot.clientWidth,
  height: plot.clientHeight,
  touch: window.matchMedia("(pointer: coarse)").matches,
});
