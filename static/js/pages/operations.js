/**
 * The page Operations: figures of now, sources, how sessions and operations end, and the check of the figures; live.
 */

import * as created from "../charts/created.js";
import * as lifetimes from "../charts/lifetimes.js";
import * as rates from "../charts/operations-rates.js";
import * as load from "../charts/process.js";
import { read, write } from "../lib/address.js";
import { count, duration, moment } from "../lib/format.js";
import { live } from "../lib/live.js";
import {
  bounds,
  causes,
  differences,
  failing,
  flow,
  key,
  room,
  search,
  stages,
  unknown,
  verdict,
  when,
} from "../models/operations.js";
import { collect, OPERATIONS, facts as standing, tooLong } from "../models/operations-report.js";
import { cards } from "../models/sources.js";
import { card } from "../views/chart-card.js";
import { check } from "../views/check.js";
import { connection } from "../views/connection.js";
import { copies } from "../views/copy.js";
import { definitions, explained } from "../views/definition.js";
import { byId, setText } from "../views/dom.js";
import { facts } from "../views/facts.js";
import { hints } from "../views/hint.js";
import { sorted } from "../views/sorted.js";
import { sources } from "../views/source.js";

/**
 * @import { LoadPoint } from "../models/operations-report.js"
 * @import { Column } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 */

/** @type {Column} */
const NAME = { id: "name", name: "Name", wrap: true, sort: (row) => row.name, cell: (row) => ({ text: row.name }) };
/** @type {Column[]} */
const SEEN = [
  { id: "count", name: "Count", num: true, sort: (row) => row.count, cell: (row) => ({ text: count(row.count) }) },
  {
    id: "first",
    name: "First",
    num: true,
    sort: (row) => moment(row.first),
    value: (row) => row.first,
    cell: (row, now) => when(row.first, now),
  },
  {
    id: "last",
    name: "Last",
    num: true,
    sort: (row) => moment(row.last),
    value: (row) => row.last,
    cell: (row, now) => when(row.last, now),
  },
];
/** @type {Column[]} */
const ATTRIBUTES = [
  NAME,
  { id: "source", name: "Source", sort: (row) => row.from, cell: (row) => ({ text: row.from }) },
  ...SEEN,
];
/** @type {Column[]} */
const LEFT = [
  NAME,
  {
    id: "what",
    name: "What",
    wrap: true,
    sort: (row) => `${row.from} ${row.what}`,
    cell: (row) => ({ text: `${row.from}, ${row.what}` }),
  },
  ...SEEN,
];
/** @type {Column[]} */
const DIFFERENCES = [
  {
    id: "session",
    name: "Session",
    sort: (row) => row.session,
    cell: (row) => ({ text: row.session, href: row.href ?? undefined, title: row.session }),
  },
  { id: "figure", name: "Figure", sort: (row) => row.figure, cell: (row) => ({ text: row.figure }) },
  {
    id: "here",
    name: "Here",
    num: true,
    wrap: true,
    sort: (row) => row.ours,
    value: (row) => row.here,
    cell: (row) => ({ text: row.here }),
  },
  {
    id: "there",
    name: "There",
    num: true,
    wrap: true,
    sort: (row) => row.theirs,
    value: (row) => row.there,
    cell: (row) => ({ text: row.there }),
  },
  { id: "size", name: "Difference", num: true, sort: (row) => row.size, cell: (row) => ({ text: row.apart }) },
  { id: "against", name: "Against", sort: (row) => row.against, cell: (row) => ({ text: row.against }) },
  { id: "cause", name: "Cause", sort: (row) => row.cause, cell: (row) => ({ text: row.cause, title: row.words }) },
];
/** @type {Column[]} */
const STAGES = [
  { id: "stage", name: "Stage", cell: (row) => ({ text: row.name }) },
  { id: "state", name: "State", cell: (row) => ({ text: row.word, state: row.word }) },
  {
    id: "position",
    name: "Position",
    num: true,
    sort: (row) => row.position,
    cell: (row) => ({ text: count(row.position) }),
  },
  { id: "behind", name: "Behind", num: true, sort: (row) => row.behind, cell: (row) => ({ text: count(row.behind) }) },
  { id: "lag", name: "Lag", num: true, sort: (row) => row.lag, cell: (row) => ({ text: duration(row.lag) }) },
];

/** @type {Column[]} */
const BOUNDS = [
  { id: "bound", name: "Bound", wrap: true, sort: (row) => row.name, cell: (row) => ({ text: row.name }) },
  { id: "state", name: "State", cell: (row) => ({ text: row.word, state: row.word }) },
  {
    id: "share",
    name: "Share",
    num: true,
    sort: (row) => row.share,
    cell: (row) => ({ text: `${Math.floor(row.share * 100)} %` }),
  },
  {
    id: "used",
    name: "Used",
    num: true,
    sort: (row) => row.amount,
    value: (row) => row.used,
    cell: (row) => ({ text: row.used }),
  },
  {
    id: "limit",
    name: "Limit",
    num: true,
    sort: (row) => row.most,
    value: (row) => row.limit,
    cell: (row) => ({ text: row.limit }),
  },
];

/**
 * Shows rows in their table, or words in its place.
 * @param {any} list
 * @param {string} host
 * @param {string} words
 * @param {any[] | null} rows
 * @param {number} now
 */
function either(list, host, words, rows, now) {
  byId(host).hidden = !rows?.length;
  byId(`${host}-none`).hidden = Boolean(rows?.length);
  list.show(rows ?? [], now);
  if (!rows?.length) setText(byId(`${host}-none`), words);
}

function notUnderstood() {
  const attributes = sorted(byId("attributes"), "sort", "count.down", {
    columns: ATTRIBUTES,
    key,
    caption: "Attributes of spans that are not understood",
    file: "sbdash-attributes-not-understood",
  });
  const left = sorted(byId("left"), "left", "count.down", {
    columns: LEFT,
    key,
    caption: "Lines, documents and fields that were not kept",
    file: "sbdash-not-kept",
  });
  const field = byId("search");

  /**
   * @param {State} state
   * @param {number} now
   */
  function show(state, now) {
    const all = unknown(state);
    const words = field.value.trim();
    /**
     * @param {any[] | null} rows
     * @param {string} empty
     */
    const none = (rows, empty) =>
      rows === null ? "Not known yet." : rows.length ? `Nothing here holds “${words}”.` : empty;
    const [strange, rest] = [all.attributes, all.left].map((rows) => search(rows ?? [], words));
    either(
      attributes,
      "attributes",
      none(all.attributes, "No attribute has come that sbdash does not know."),
      strange,
      now,
    );
    either(left, "left", none(all.left, "Nothing has been dropped or refused."), rest, now);
  }

  return { field, show };
}

/** The part of the report: figures, charts, operations, sessions that are open too long, and the process. */
function reported() {
  const meanings = definitions(byId("main"));
  const head = facts(byId("now-figures"));
  const charts = [created, lifetimes, rates].map((chart) => card(chart, byId(`chart-${chart.id}`)));
  const self = card(load, byId("chart-process"));
  const done = sorted(byId("operations-table"), "operations", "count.down", {
    columns: explained(OPERATIONS),
    key: (row) => row.operation,
    caption: "Operations by name",
    file: "sbdash-operations",
    none: "No operation has been told of. They come as operation events, and as spans that are no talk.",
  });
  /** @type {LoadPoint[]} */
  let points = [];

  /**
   * @param {State} state
   * @param {number} now
   */
  function paint(state, now) {
    byId("broken").hidden = Boolean(state.report);
    points = collect(points, state);
    for (const one of charts) one.show(state);
    self.show({ ...state, points });
    done.show(state.report?.operations ?? [], now);
    late(tooLong(state.report));
    tick(state, now);
  }

  /**
   * @param {State} state
   * @param {number} now
   */
  function tick(state, now) {
    head.show(standing({ ...state, now: new Date(now).toISOString() }));
    meanings.tick(state.newest, now);
  }

  return { paint, tick };
}

/** @param {ReturnType<typeof tooLong>} found */
function late(found) {
  if (!found) return;
  setText(byId("late-words"), found.words);
  byId("too-long").toggleAttribute("data-bad", found.bad);
  const list = byId("late-list");
  const print = JSON.stringify(found.rows);
  list.hidden = !found.rows.length;
  if (list.dataset.print === print) return;
  list.dataset.print = print;
  list.replaceChildren(
    ...found.rows.map((/** @type {{ id: string, href: string }} */ { id, href }) => {
      const [entry, link] = [
        document.createElement("li"),
        Object.assign(document.createElement("a"), { href, textContent: id, title: id }),
      ];
      entry.append(link);
      return entry;
    }),
  );
}

function page() {
  const report = reported();
  const board = sources(byId("sources"));
  const strange = notUnderstood();
  const last = check(byId("check"));
  const differing = sorted(byId("differences"), "differences", "", {
    columns: DIFFERENCES,
    key: (row) => row.key,
    caption: "Differences between figures",
    file: "sbdash-differences",
  });
  const steps = sorted(byId("stages"), "stages", "", {
    columns: STAGES,
    key: (row) => row.key,
    caption: "Stages of the pipeline",
    file: "sbdash-stages",
  });
  const limits = sorted(byId("bounds-table"), "bounds", "", {
    columns: BOUNDS,
    key: (row) => row.key,
    caption: "What grows, and how far it may",
    file: "sbdash-bounds",
  });
  /** @type {State | null} */
  let painted = null;

  /**
   * @param {State} state
   * @param {number} now
   */
  function paint(state, now) {
    painted = state;
    report.paint(state, now);
    show(state, now);
  }

  /**
   * @param {State} state
   * @param {number} now
   */
  function show(state, now) {
    board.show(cards(state, now, window.location.origin), now);
    strange.show(state, now);
    const rows = differences(state.consistency);
    last.show(verdict(state.consistency, now), causes(state.consistency), rows, failing(state.jobs));
    differing.show(rows, now);
    const running = stages(state);
    either(steps, "stages", "Not known yet.", running, now);
    setText(byId("pipeline-sub"), flow(running, state.ingest, state.jobs));
    const grown = bounds(state);
    either(limits, "bounds-table", "Not known yet.", grown, now);
    if (grown) setText(byId("bounds-sub"), room(grown));
  }

  /** @param {number} now */
  const tick = (now) => {
    if (painted) {
      report.tick(painted, now);
      show(painted, now);
    }
  };
  strange.field.value = read("q", "");
  strange.field.addEventListener("input", () => {
    write({ q: strange.field.value.trim() });
    tick(line.now());
  });
  strange.field.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.key === "Escape") strange.field.blur();
  });
  return { paint, tick };
}

hints(document);
copies(document);
const line = live({ connection, subject: () => ({ subscribe: "operations" }), ...page() });
