/** The list of sessions: server-made rows, written as people read them, opened by a click or Enter. */

import { ago, cost, count, duration, exact } from "../format.js";
import { slowness } from "../select.js";
import { opens } from "../views/table.js";

const WRITE = {
  count: (value) => ({ text: count(value) }),
  cost: (value) => ({ text: cost(value) }),
  wait: (value) => { const flag = slowness(value); return { text: flag ? `${duration(value)} ${flag}` : duration(value), flag }; },
  errors: (value) => ({ text: count(value), flag: value > 0 ? "bad" : null }),
};

function write(cell) {
  const given = cell.textContent.trim();
  const { text, flag } = WRITE[cell.dataset.format](given === "" ? NaN : Number(given));
  cell.textContent = text;
  if (!flag) return;
  const mark = document.createElement("span");
  mark.className = "flag";
  mark.dataset.flag = flag;
  mark.textContent = text;
  cell.replaceChildren(mark);
}

function times() {
  for (const node of document.querySelectorAll("#rows time")) {
    node.textContent = ago(node.dateTime, Date.now());
    node.title = exact(node.dateTime);
  }
}

/** Up and down walk along the rows' links. */
function walk(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const link = step && event.target.closest("tr")?.[step]?.querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}

const rows = document.getElementById("rows");
if (rows) {
  for (const cell of rows.querySelectorAll("[data-format]")) write(cell);
  times();
  setInterval(times, 10000);
  opens(rows.tBodies[0]);
  rows.tBodies[0].addEventListener("keydown", walk);
}
