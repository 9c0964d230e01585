/**
 * The page Operations: figures of now, sources, how sessions and operations end, and the check of the figures; live.
 */

import { created } from "../charts/created.js";
import { delay } from "../charts/delay.js";
import { lifetimes } from "../charts/lifetimes.js";
import { operationRates } from "../charts/operations-rates.js";
import { processLoad } from "../charts/process.js";
import { live } from "../lib/live.js";
import * as operations from "../models/operations.js";
import { ATTRIBUTES, BOUNDS, DIFFERENCES, LEFT, OPERATIONS, STAGES } from "../models/operations-columns.js";
import { heading, facts as standing, tooLong } from "../models/operations-report.js";
import { cards } from "../models/sources.js";
import { card } from "../views/chart-card.js";
import { check } from "../views/check.js";
import { checkNow } from "../views/check-now.js";
import { connection } from "../views/connection.js";
import { copies } from "../views/copy.js";
import { definitions, explained } from "../views/definition.js";
import { byId, each, element, setLink, setText } from "../views/dom.js";
import { facts } from "../views/facts.js";
import { health } from "../views/health-line.js";
import { hints } from "../views/hint.js";
import { search } from "../views/search.js";
import { sorted } from "../views/sorted.js";
import { sources } from "../views/source.js";
import { time } from "../views/time.js";

/**
 * @import { Operations } from "../lib/frames.js"
 * @import { Causes } from "../models/operations.js"
 * @import { State } from "../lib/types.js"
 */

/** @type {Causes} */
const CAUSES = JSON.parse(byId("causes").textContent ?? "{}");
const NAMES = JSON.parse(byId("figure-names").textContent ?? "{}");
/** @type {Record<string, string>} */
const REFUSALS = JSON.parse(byId("refusals").textContent ?? "{}");
const SOURCES = JSON.parse(byId("source-names").textContent ?? "{}");

/**
 * Shows rows in their table, or words in its place.
 * @template Row
 * @param {{ show: (rows: Row[], now: number) => void }} list
 * @param {string} host
 * @param {string} words
 * @param {Row[] | null} rows
 * @param {number} now
 */
function either(list, host, words, rows, now) {
  const none = byId(`${host}-none`);
  byId(host).hidden = !rows?.length;
  none.hidden = Boolean(rows?.length);
  list.show(rows ?? [], now);
  if (!rows?.length) setText(none, words);
}

/** @param {() => void} typed */
function notUnderstood(typed) {
  const attributes = sorted(byId("attributes"), "sort", "count.down", {
    columns: ATTRIBUTES,
    key: operations.key,
    caption: "Unknown attributes of spans",
    file: "sbdash-unknown-attributes",
  });
  const left = sorted(byId("left"), "left", "count.down", {
    columns: LEFT,
    key: operations.key,
    caption: "Refused and dropped data",
    file: "sbdash-refused-data",
  });
  const asked = search(byId("search", HTMLInputElement), typed);

  /**
   * @param {State} state
   * @param {number} now
   */
  return (state, now) => {
    const all = operations.unknown(state, REFUSALS, SOURCES);
    const words = asked();
    /**
     * @param {typeof attributes} list
     * @param {"attributes" | "left"} part
     * @param {string} empty
     */
    const show = (list, part, empty) => {
      const rows = all[part];
      const none = rows === null ? "Not known yet." : rows.length ? `No match for “${words}”.` : empty;
      either(list, part, none, operations.search(rows ?? [], words), now);
    };
    show(attributes, "attributes", "No unknown attribute has arrived.");
    show(left, "left", "Nothing has been refused or dropped.");
  };
}

/** The part of the report: figures, charts, operations, sessions that are open too long, and the process. */
function reported() {
  const meanings = definitions(byId("main"));
  const head = facts(byId("now-figures"));
  const charts = [card(created), card(lifetimes), card(operationRates), card(delay), card(processLoad)];
  const done = sorted(byId("operations-table"), "operations", "count.down", {
    columns: explained(OPERATIONS),
    key: (row) => row.operation,
    caption: "Operations by name",
    file: "sbdash-operations",
    none: "No operations reported yet. Send operation events or non-chat spans.",
  });
  const line = health(byId("health"), REFUSALS);

  /**
   * @param {State<Operations>} state
   * @param {number} now
   */
  function paint(state, now) {
    byId("broken").hidden = Boolean(state.report);
    setText(byId("past-title"), heading(state.range));
    for (const one of charts) one.show(state);
    done.show(state.report?.operations ?? [], now);
    late(tooLong(state.report));
    tick(state, now);
  }

  /**
   * @param {State<Operations>} state
   * @param {number} now
   */
  function tick(state, now) {
    head.show(standing({ ...state, now: new Date(now).toISOString() }));
    meanings.tick(state.newest, now);
    line(state.health?.day, now);
  }

  return { paint, tick };
}

/**
 * Says how near the limits are, and opens their table when one comes near.
 * @param {NonNullable<ReturnType<typeof operations.bounds>>} rows
 */
function limited(rows) {
  const [card, near] = [byId("bounds", HTMLDetailsElement), rows.some((row) => row.well !== "good")];
  setText(byId("bounds-sub"), operations.room(rows));
  if (near && !card.hasAttribute("data-near")) card.open = true;
  card.toggleAttribute("data-near", near);
}

/** @param {ReturnType<typeof tooLong>} found */
function late(found) {
  if (!found) return;
  setText(byId("late-words"), found.words);
  byId("too-long").toggleAttribute("data-bad", found.bad);
  const list = byId("late-list");
  list.hidden = !found.rows.length;
  each(
    list,
    found.rows,
    () => element("li"),
    (entry, { id, href }) => {
      setLink(entry, id, href);
      entry.title = id;
    },
  );
}

function page() {
  const report = reported();
  const board = sources(byId("sources"), byId("connected"), byId("connect-more", HTMLDetailsElement));
  const strange = notUnderstood(() => tick(line.now()));
  const last = check(byId("check"));
  checkNow(byId("check-now"), { resume: true, ended: () => line.again() });
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
    caption: "Limits, the nearest first",
    file: "sbdash-limits",
  });
  /** @type {State<Operations> | null} */
  let painted = null;

  /**
   * @param {State<Operations>} state
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
    const { consistency, jobs } = state;
    board.show(cards(state, now, window.location.origin), now);
    strange(state, now);
    const [by, rows] = [operations.causes(consistency, CAUSES), operations.differences(consistency, CAUSES, NAMES)];
    last.show(operations.verdict(consistency, by, now, state.unchecked), by, rows, operations.failing(jobs));
    differing.show(rows, now);
    const running = operations.stages(state);
    either(steps, "stages", "Not known yet.", running, now);
    setText(byId("pipeline-sub"), operations.flow(running, state.ingest, jobs));
    const grown = operations.bounds(state);
    either(limits, "bounds-table", "Not known yet.", grown, now);
    if (grown) limited(grown);
  }

  /** @param {number} now */
  function tick(now) {
    if (!painted) return;
    report.tick(painted, now);
    show(painted, now);
  }

  return { paint, tick };
}

hints(document);
copies(document);
const { range, compare } = time(() => line.again());
const line = live({
  connection,
  subject: () => ({ subscribe: "operations", range: range(), compare: compare() }),
  ...page(),
});
