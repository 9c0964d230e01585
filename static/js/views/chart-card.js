/** A card that holds one chart: its words, its tools, and its data as a table one key away. */

import { look } from "../charts/colours.js";
import { canvas } from "../charts/draw.js";
import { csv } from "../figures.js";
import { save } from "./save.js";

const put = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };

/** The colours and the font that the page has now. */
function present() {
  const style = getComputedStyle(document.documentElement);
  return look((name) => style.getPropertyValue(name).trim());
}

/** Binds a chart module to its card; answers {show(state)}. */
export function card(chart, section) {
  const find = (selector) => section.querySelector(selector);
  const plot = find(".plot");
  const paper = canvas(plot, (zoomed) => { find('[data-do="live"]').hidden = !zoomed; });
  const twin = find(".twin");
  const seen = sight(section, () => render());
  let rows = null;
  let print = null;

  function show(state) {
    try {
      tell(state);
      render();
    } catch (error) {
      broken(section, error);
    }
  }

  function tell(state) {
    rows = chart.rows(state);
    section.removeAttribute("data-state");
    put(find(".sub"), chart.sub(state));
    find(".sub").title = chart.sub(state);
    put(find(".sr"), chart.summary(rows));
  }

  function render() {
    if (!rows) return;
    const open = !twin.hidden;
    if (chart.key) legend(find(".key"), open ? [] : chart.key(rows, present()));
    const bare = chart.isEmpty(rows);
    put(find(".nothing"), chart.nothing);
    find(".nothing").hidden = open || !bare;
    if (open) return list(twin, chart.table(rows), section.getAttribute("aria-labelledby"));
    paint();
  }

  /** Draws when something has changed, and the card can be seen; else when it comes into sight. */
  function paint() {
    const [colours, size] = [present(), measure(plot)];
    const wanted = JSON.stringify([rows, colours, size]);
    if (wanted === print || !size.width || (print && !seen())) return;
    print = wanted;
    paper.draw(chart.figure(rows, colours, size));
  }

  function toggle() {
    twin.hidden = !twin.hidden;
    plot.hidden = !twin.hidden;
    find('[data-do="table"]').setAttribute("aria-pressed", String(!twin.hidden));
    render();
  }

  const acts = {
    table: toggle, live: paper.live, in: () => paper.zoom(0.5), out: () => paper.zoom(2), png: () => rows && paper.png(`sbdash-${chart.id}`),
    csv: () => rows && save(`sbdash-${chart.id}.csv`, csv(chart.table(rows).columns, chart.table(rows).rows)),
  };
  bind(section, acts);
  new ResizeObserver(render).observe(plot);
  document.addEventListener("themechange", render);
  return { show };
}

/** Whether a card is near the window; comes(): what to do when it comes near. */
function sight(section, comes) {
  let near = true;
  new IntersectionObserver((entries) => {
    near = entries.at(-1).isIntersecting;
    if (near) comes();
  }, { rootMargin: "200px" }).observe(section);
  return () => near;
}

/** One chart that fails says so; the rest of the page goes on. */
function broken(section, error) {
  section.dataset.state = "broken";
  const words = section.querySelector(".nothing");
  words.hidden = false;
  put(words, globalThis.Plotly ? "This chart could not be drawn. Its table may still work." : "The chart library did not load. The table still works; reload to try again.");
  console.error(error);
}

function bind(section, acts) {
  section.addEventListener("click", (event) => {
    const act = acts[event.target.closest("[data-do]")?.dataset.do];
    if (act) act();
  });
  section.addEventListener("keydown", (event) => {
    if (event.key === "d" && !event.ctrlKey && !event.metaKey && !event.altKey) acts.table();
  });
}

function legend(host, marks) {
  const print = JSON.stringify(marks);
  host.hidden = !marks.length;
  if (host.dataset.print === print) return;
  host.dataset.print = print;
  host.replaceChildren(...marks.map(({ sign, name, colour }) => {
    const [entry, mark] = [document.createElement("li"), document.createElement("span")];
    mark.textContent = sign;
    mark.style.color = colour;
    entry.append(mark, name);
    return entry;
  }));
}

const measure = (plot) => ({ width: plot.clientWidth, height: plot.clientHeight, touch: window.matchMedia("(pointer: coarse)").matches });

/** The newest first: that is what a reader wants to hear first. */
function list(host, { columns, rows, write, note }) {
  const row = (cells, tag) => {
    const line = document.createElement("tr");
    cells.forEach((text, i) => {
      const cell = document.createElement(tag);
      cell.textContent = text;
      if (i && typeof rows[0]?.[i] !== "string") cell.className = "num";
      line.append(cell);
    });
    return line;
  };
  const table = document.createElement("table");
  const [top, body] = [document.createElement("thead"), document.createElement("tbody")];
  top.append(row(columns.map((name, i) => (i ? name : `${name} (${note})`)), "th"));
  body.append(...[...rows].reverse().map((cells) => row(cells.map((value, i) => (i ? write(value, i) : value)), "td")));
  table.append(top, body);
  const [down, right] = [host.scrollTop, host.scrollLeft];
  host.replaceChildren(table);
  host.scrollTo(right, down);
}
