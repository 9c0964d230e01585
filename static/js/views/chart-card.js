/** A card with one chart: its texts and buttons, its links, and its data as a table. */

import { withAlerts } from "../charts/alert-column.js";
import { look } from "../charts/colours.js";
import { canvas, ready } from "../charts/draw.js";
import { withGaps } from "../charts/gap-column.js";
import { layered } from "../charts/layer.js";
import { drill, filed, opens, summed } from "../charts/template.js";
import { withThresholds } from "../charts/thresholds.js";
import { read, write } from "../lib/address.js";
import { moment, stamp } from "../lib/format.js";
import { turns } from "../lib/pace.js";
import { bandsOf, bandsSaid } from "../models/alert-bands.js";
import { csv } from "../models/figures.js";
import { gapAt, gapsSaid, gapWords } from "../models/layer.js";
import { choices } from "./choices.js";
import { cross, crosshair } from "./crosshair.js";
import { dataTable } from "./data-table.js";
import { around, byId, element, find, setText } from "./dom.js";
import { save } from "./save.js";
import { compare, shared, switchCompare, zoomTo } from "./time.js";
import { tooltip } from "./tooltip.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Chart, Hover, Look, Point, Sign, Size } from "../charts/types.js"
 */

/** The size of a picture without its title, px. */
const PICTURE = { width: 1200, height: 480 };

const turn = turns();

/** The colours and the font that the page has now. */
function present() {
  const style = getComputedStyle(document.documentElement);
  return look((name) => style.getPropertyValue(name).trim());
}

/**
 * @typedef {object} CardOptions
 * @property {string} [choice] the parameter of the address that holds the choice of the chart
 * @property {string} [list] the address of the list of sessions that this viewer may see
 */

/**
 * Binds a chart to its card, `chart-<id>`. Returns {show(state)}.
 * @template Rows, Report
 * @param {Chart<Rows, Report>} chart
 * @param {CardOptions} [options]
 */
export function card(chart, { choice = "", list = "/sessions/" } = {}) {
  const section = byId(`chart-${chart.id}`);
  const [plot, drawer, empty] = [".plot", ".data-table", ".nothing"].map((selector) => find(section, selector));
  const title = find(section, "h2").textContent ?? "";
  const back = find(section, '[data-do="live"]');
  const tip = tooltip(plot, () => cross(null));
  const paper = canvas(plot, {
    time: shared() ? zoomTo : undefined,
    zoomed: (on) => {
      back.hidden = !on;
    },
    hovered: (hover) => {
      under = hover;
      explain();
      if (!tip.pinned()) cross(hover?.time ?? null);
    },
    clicked,
    opened: (href, { ctrlKey, metaKey }) =>
      ctrlKey || metaKey ? void window.open(href) : window.location.assign(href),
  });
  const line = crosshair(plot, paper.place);
  /** @type {Hover | null} */
  let under = null;
  /** @type {{ words: string, x: number } | null} */
  let gap = null;
  plot.addEventListener("mousemove", ({ clientX }) => {
    const x = clientX - plot.getBoundingClientRect().left;
    const ms = held?.layer?.gaps.length ? paper.timeAt(x) : null;
    const found = ms === null ? null : gapAt(held?.layer, ms / 1000);
    if (!found && !gap) return;
    gap = found && { words: gapWords(found, moment(held?.now) ?? 0), x };
    explain();
  });
  plot.addEventListener("mouseleave", () => {
    gap = null;
    explain();
  });

  /** Shows what is under the pointer, with the reason of a gap there. */
  function explain() {
    if (!gap) return tip.show(under);
    const reason = { name: "", words: gap.words, colour: "" };
    tip.show({
      ...(under ?? { x: gap.x, y: 0, time: 0, title: "", lines: [] }),
      lines: [...(under?.lines ?? []), reason],
    });
  }

  const comparing = find(section, '[data-do="compare"]');
  comparing.hidden = !chart.compares || !shared();
  const data = dataTable(drawer);
  const seen = sight(section, () => render());
  /** @param {Point} point */
  const link = (point) =>
    rows
      ? ((chart.link ? chart.link(rows, point) : drill(rows, point))?.replace(/^\/sessions\/(?=\?)/, list) ?? null)
      : null;

  /**
   * Pins the tooltip, with the link of the point. A link within the page is followed at once.
   * @param {Hover} hover
   * @param {Point[]} points
   */
  function clicked(hover, points) {
    const point = points.find(link);
    const href = point ? link(point) : null;
    if (href?.startsWith("#")) return window.location.assign(href);
    tip.pin(hover, point && rows && href ? { words: chart.opens?.(rows, point) ?? opens(rows), href } : null);
  }

  const first = chart.choices?.[0].id ?? "";
  let chosen = chart.choices?.some(({ id }) => id === read(choice, "")) ? read(choice, "") : first;
  /** @type {State<Report> | null} */
  let held = null;
  /** @type {Rows | null} */
  let rows = null;
  /** @type {string | null} */
  let print = null;

  /** @param {State<Report>} state */
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

  const alerts = () => bandsOf(held?.alert_bands, chart.id, chosen);

  /** @param {State<Report>} state */
  function tell(state) {
    rows = chart.rows(state, chosen);
    setText(find(section, ".sub"), chart.sub(state, chosen));
    const now = moment(state.now) ?? 0;
    setText(find(section, ".sr"), `${summed(chart, rows)}${gapsSaid(state.layer, now)}${bandsSaid(alerts(), now)}`);
    comparing.setAttribute("aria-pressed", String(compare()));
  }

  function render() {
    if (!rows) return;
    const open = !drawer.hidden;
    if (chart.key) legend(find(section, ".key"), open ? [] : chart.key(rows, present()));
    const none = chart.isEmpty(rows) && !held?.layer?.gaps.length && !alerts().alerts.length;
    section.toggleAttribute("data-empty", none && !open);
    setText(empty, chart.nothing);
    empty.hidden = open || !none;
    if (none && !open) {
      print = null;
      return section.removeAttribute("data-state");
    }
    if (open) turn(paint);
    else
      ready().then(
        () => turn(paint),
        (error) => broken(section, error),
      );
  }

  /** @param {Rows} data */
  const table = (data) =>
    withAlerts(withGaps(chart.table(data), Object(data), held?.layer), Object(data), alerts().alerts);

  const paint = () => guarded(() => (drawer.hidden ? draw() : tabled()));

  function tabled() {
    if (!rows) return;
    section.removeAttribute("data-state");
    data.show(table(rows), title, (index) => link({ index, row: index }));
  }

  /**
   * The figure, with the limits of settings, and with gaps, marks and alerts.
   * @param {Rows} data
   * @param {Look} colours
   * @param {Size} size
   */
  const drawing = (data, colours, size) =>
    layered(
      withThresholds(chart.figure(data, colours, size), chart.thresholds?.(data) ?? [], colours),
      held?.layer,
      colours,
      moment(held?.now) ?? 0,
      alerts(),
    );

  /** Draws what has changed where the card can be seen, else when it comes into sight. */
  function draw() {
    if (!rows) return;
    const [colours, size] = [present(), measure(plot)];
    const wanted = JSON.stringify([rows, colours, size, held?.layer, alerts()]);
    if (wanted === print || !size.width || (print && !seen())) return;
    paper.draw(drawing(rows, colours, size));
    line.move();
    print = wanted;
    section.toggleAttribute("data-opens", Boolean(chart.link ?? Object.hasOwn(Object(rows), "times")));
    section.removeAttribute("data-state");
  }

  function toggle() {
    tip.drop();
    drawer.hidden = !drawer.hidden;
    plot.hidden = !drawer.hidden;
    find(section, '[data-do="table"]').setAttribute("aria-pressed", String(!drawer.hidden));
    render();
  }

  /** @param {string} id */
  function choose(id) {
    chosen = id;
    if (choice) write({ [choice]: id === first ? "" : id });
    if (held) show(held);
  }

  /** Saves the picture, in a size of its own, in a turn of its own. */
  function picture() {
    if (!rows || !held) return;
    const caption = {
      ...{ name: `sbdash-${chart.id}`, title, sub: chart.sub(held, chosen) },
      source: `sbdash, ${stamp(Date.parse(held.now))}`,
    };
    const figure = drawing(rows, present(), PICTURE);
    ready().then(
      () => turn(() => paper.png(figure, caption)),
      (error) => broken(section, error),
    );
  }

  function file() {
    if (!rows) return;
    const made = filed(table(rows));
    save(`sbdash-${chart.id}.csv`, csv(made.columns, made.rows));
  }

  const acts = {
    table: toggle,
    live: paper.live,
    compare: switchCompare,
    in: () => paper.zoom(0.5),
    out: () => paper.zoom(2),
    png: picture,
    csv: file,
  };
  if (chart.choices) choices(find(section, "header"), title, chart.choices, chosen, choose);
  bind(section, acts);
  new ResizeObserver(render).observe(plot);
  document.addEventListener("themechange", render);
  return { show };
}

/**
 * Returns whether a card is near the window. comes() is called when it comes near.
 * @param {HTMLElement} section
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
 * @param {HTMLElement} section
 * @param {unknown} error
 */
function broken(section, error) {
  section.dataset.state = "broken";
  const words = find(section, ".nothing");
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
 * @param {HTMLElement} section
 * @param {Record<string, () => unknown>} acts
 */
function bind(section, acts) {
  section.addEventListener("click", (event) => acts[around(event, "[data-do]")?.dataset.do ?? ""]?.());
  section.addEventListener("keydown", (event) => {
    if (event.key === "d" && !event.ctrlKey && !event.metaKey && !event.altKey) acts.table();
  });
}

/**
 * @param {HTMLElement} host
 * @param {Sign[]} marks
 */
function legend(host, marks) {
  const print = JSON.stringify(marks);
  host.hidden = !marks.length;
  if (host.dataset.print === print) return;
  host.dataset.print = print;
  host.replaceChildren(
    ...marks.map(({ sign, name, colour }) => {
      const mark = element("span", { textContent: sign });
      mark.style.color = colour;
      return element("li", {}, mark, name);
    }),
  );
}

/** @param {HTMLElement} plot */
const measure = (plot) => ({
  width: plot.clientWidth,
  height: plot.clientHeight,
  touch: window.matchMedia("(pointer: coarse)").matches,
});
