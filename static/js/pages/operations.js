/** Operations: where events come from, what was not understood, whether the figures agree, and the stages; live. */

import { read, write } from "../address.js";
import { csv } from "../figures.js";
import { count, duration, moment } from "../format.js";
import { live } from "../live.js";
import { bounds, causes, differences, flow, key, room, search, sheet, stages, unknown, verdict, when } from "../operations.js";
import { cards } from "../sources.js";
import { check } from "../views/check.js";
import { copies } from "../views/copy.js";
import { hints } from "../views/hint.js";
import { save } from "../views/save.js";
import { put, sources } from "../views/source.js";
import { table } from "../views/table.js";

const find = (id) => document.getElementById(id);

const NAME = { id: "name", name: "Name", wrap: true, sort: (row) => row.name, cell: (row) => ({ text: row.name }) };
const SEEN = [
  { id: "count", name: "Count", num: true, sort: (row) => row.count, cell: (row) => ({ text: count(row.count) }) },
  { id: "first", name: "First", num: true, sort: (row) => moment(row.first), cell: (row, now) => when(row.first, now) },
  { id: "last", name: "Last", num: true, sort: (row) => moment(row.last), cell: (row, now) => when(row.last, now) },
];
const ATTRIBUTES = [NAME, { id: "source", name: "Source", sort: (row) => row.from, cell: (row) => ({ text: row.from }) }, ...SEEN];
const LEFT = [NAME, { id: "what", name: "What", wrap: true, sort: (row) => `${row.from} ${row.what}`, cell: (row) => ({ text: `${row.from}, ${row.what}` }) }, ...SEEN];
const DIFFERENCES = [
  { id: "session", name: "Session", sort: (row) => row.session, cell: (row) => ({ text: row.session, href: row.href ?? undefined, title: row.session }) },
  { id: "figure", name: "Figure", sort: (row) => row.figure, cell: (row) => ({ text: row.figure }) },
  { id: "here", name: "Here", num: true, wrap: true, sort: (row) => row.size, cell: (row) => ({ text: row.here }) },
  { id: "there", name: "There", num: true, wrap: true, cell: (row) => ({ text: row.there }) },
  { id: "against", name: "Against", sort: (row) => row.against, cell: (row) => ({ text: row.against }) },
  { id: "cause", name: "Cause", sort: (row) => row.cause, cell: (row) => ({ text: row.cause, title: row.words }) },
];
const STAGES = [
  { id: "stage", name: "Stage", cell: (row) => ({ text: row.name }) },
  { id: "state", name: "State", cell: (row) => ({ text: row.word, state: row.word }) },
  { id: "position", name: "Position", num: true, cell: (row) => ({ text: count(row.position) }) },
  { id: "behind", name: "Behind", num: true, cell: (row) => ({ text: count(row.behind) }) },
  { id: "lag", name: "Lag", num: true, cell: (row) => ({ text: duration(row.lag) }) },
];

const BOUNDS = [
  { id: "bound", name: "Bound", wrap: true, sort: (row) => row.name, cell: (row) => ({ text: row.name }) },
  { id: "state", name: "State", cell: (row) => ({ text: row.word, state: row.word }) },
  { id: "share", name: "Share", num: true, sort: (row) => row.share, cell: (row) => ({ text: `${Math.floor(row.share * 100)} %` }) },
  { id: "used", name: "Used", num: true, cell: (row) => ({ text: row.used }) },
  { id: "limit", name: "Limit", num: true, cell: (row) => ({ text: row.limit }) },
];

/** A table whose order stands in the address under `name`. */
function ordered(host, name, columns, preset, more) {
  const [by, way] = read(name, preset).split(".");
  const sort = columns.some((column) => column.id === by && column.sort) ? { by, down: way !== "up" } : null;
  return table(find(host), { columns, sort, ...more, sorted: (chosen) => write({ [name]: `${chosen.by}.${chosen.down ? "down" : "up"}` }) });
}

/** Rows in their table, or words in its place. */
function either(list, host, words, rows, now) {
  find(host).hidden = !rows?.length;
  find(`${host}-none`).hidden = Boolean(rows?.length);
  if (rows?.length) list.show(rows, now);
  else put(find(`${host}-none`), words);
}

function notUnderstood() {
  const more = { key };
  const attributes = ordered("attributes", "sort", ATTRIBUTES, "count.down", { ...more, caption: "Attributes of spans that are not understood" });
  const left = ordered("left", "left", LEFT, "count.down", { ...more, caption: "Lines, documents and fields that were not kept" });
  const field = find("search");
  let found = [[], []];

  function show(state, now) {
    const all = unknown(state);
    const words = field.value.trim();
    found = [all.attributes, all.left].map((rows) => search(rows ?? [], words));
    const none = (rows, empty) => (rows === null ? "Not known yet." : rows.length ? `Nothing here holds “${words}”.` : empty);
    either(attributes, "attributes", none(all.attributes, "No attribute has come that sbdash does not know."), found[0], now);
    either(left, "left", none(all.left, "Nothing has been dropped or refused."), found[1], now);
    find("csv").disabled = !found.flat().length;
  }

  find("csv").addEventListener("click", () => {
    const { columns, rows } = sheet(...found);
    save("sbdash-not-understood.csv", csv(columns, rows));
  });
  return { field, show };
}

function page() {
  const board = sources(find("sources"));
  const strange = notUnderstood();
  const last = check(find("check"));
  const differing = ordered("differences", "differences", DIFFERENCES, "", { key: (row) => row.key, caption: "Differences between figures" });
  const steps = table(find("stages"), { columns: STAGES, key: (row) => row.key, caption: "Stages of the pipeline" });
  const limits = ordered("bounds-table", "bounds", BOUNDS, "", { key: (row) => row.key, caption: "What grows, and how far it may" });
  let painted = null;

  function paint(state, now) {
    painted = state;
    show(state, now);
  }

  function show(state, now) {
    board.show(cards(state, now, window.location.origin), now);
    strange.show(state, now);
    const rows = differences(state.consistency);
    last.show(verdict(state.consistency, now), causes(state.consistency), rows);
    differing.show(rows, now);
    const running = stages(state);
    either(steps, "stages", "Not known yet.", running, now);
    put(find("pipeline-sub"), flow(running, state.ingest));
    const grown = bounds(state);
    either(limits, "bounds-table", "Not known yet.", grown, now);
    if (grown) put(find("bounds-sub"), room(grown));
  }

  const tick = (now) => { if (painted) show(painted, now); };
  strange.field.value = read("q", "");
  strange.field.addEventListener("input", () => { write({ q: strange.field.value.trim() }); tick(line.now()); });
  strange.field.addEventListener("keydown", (event) => { if (event.key === "Escape") strange.field.blur(); });
  return { paint, tick };
}

hints(document);
copies(document);
const line = live({ subject: () => ({ subscribe: "operations" }), ...page() });
