/** The page of one session: its figures, its timeline and its messages; live. */

import * as timeline from "../charts/session-timeline.js";
import * as waits from "../charts/session-waits.js";
import { spoken } from "../charts/session-words.js";
import { anchored, read, write } from "../lib/address.js";
import { clock, cost, count, day, duration, exact, moment } from "../lib/format.js";
import { live } from "../lib/live.js";
import { HELD_PAGES, meets, prepend, together } from "../lib/state.js";
import { csv, facts, session as sessionFigures } from "../models/figures.js";
import { search, slowness } from "../models/select.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { definitions, explained } from "../views/definition.js";
import { byId, setText } from "../views/dom.js";
import { earlier } from "../views/earlier.js";
import { save } from "../views/save.js";
import { figures, head, picked } from "../views/session.js";
import { STEPS } from "../views/session-rows.js";
import { arrange, sheet, table } from "../views/table.js";

/**
 * @import { Dom } from "../views/dom.js"
 * @import { Column } from "../models/types.js"
 * @import { SessionRows, State } from "../lib/types.js"
 * @import { Outlier, TimedMessage } from "../lib/frames.js"
 */

const session = byId("session").dataset.session;
/**
 * @param {TimedMessage} row
 * @param {number} now
 */
const time = (row, now) => {
  const at = moment(row.at) ?? 0;
  return day(at) === day(now) ? clock(at) : `${day(at)} ${clock(at)}`;
};

/** The first rows of the table, and how many more each time its end comes into sight. */
const STEP = 200;

/** @param {string} id */
function here(id) {
  const asked = new URLSearchParams(window.location.search);
  asked.set("message", id);
  return `?${asked}`;
}

/** @type {Column[]} */
const COLUMNS = [
  {
    id: "at",
    name: "Time",
    sort: (row) => moment(row.at),
    value: (row) => row.at,
    cell: (row, now) => ({
      text: time(row, now),
      title: `${exact(row.at)}; Enter shows it on the timeline`,
      href: here(row.id),
    }),
  },
  { id: "role", name: "Role", sort: (row) => row.role, cell: (row) => ({ text: row.role }) },
  { id: "status", name: "Status", sort: (row) => row.status, cell: (row) => ({ text: row.status, state: row.status }) },
  {
    id: "wait",
    name: "Wait",
    means: "messages.wait",
    num: true,
    sort: (row) => row.wait,
    cell: (row) =>
      row.skewed ? { text: "unknown", title: "It ended before its question: clocks disagree." } : wait(row.wait),
  },
  {
    id: "outlier",
    name: "Outlier",
    means: "messages.outlier",
    wrap: true,
    sort: (row) => (row.outlier ? (row.outlier.score ?? row.wait) : null),
    value: (row) => (row.outlier ? outlier(row.outlier) : ""),
    cell: (row) => (row.outlier ? { text: outlier(row.outlier), flag: "slow" } : { text: "" }),
  },
  {
    id: "tokens",
    name: "Tokens",
    means: "messages.tokens",
    num: true,
    sort: (row) => row.tokens,
    cell: (row) => ({
      text: count(row.tokens),
      title: `${count(row.prompt_tokens)} prompt, ${count(row.completion_tokens)} completion`,
    }),
  },
  {
    id: "cost",
    name: "Cost",
    means: "messages.cost",
    num: true,
    sort: (row) => row.cost,
    cell: (row) => ({ text: cost(row.cost) }),
  },
  { id: "model", name: "Model", sort: (row) => row.model, cell: (row) => ({ text: row.model ?? "–" }) },
  { id: "error", name: "Error", wrap: true, sort: (row) => row.error, cell: (row) => ({ text: row.error ?? "" }) },
];
/** @type {Column[]} */
const FILE = [{ id: "id", name: "Message", value: (row) => row.id, cell: (row) => ({ text: row.id }) }, ...COLUMNS];

/** @param {Outlier} options */
const outlier = ({ typical, limit, rule }) =>
  limit === null ? rule : `over ${duration(limit)}, typical ${duration(typical)}: ${rule}`;

/** @param {number | null} seconds */
function wait(seconds) {
  const flag = slowness(seconds);
  return { text: flag ? `${duration(seconds)} ${flag}` : duration(seconds), flag: flag ?? undefined };
}

function choice() {
  const [by, way] = read("sort", "at.down").split(".");
  return COLUMNS.some((column) => column.id === by) ? { by, down: way !== "up" } : { by: "at", down: true };
}

/**
 * The table of messages. It has the rows that were scrolled to, of those that are found.
 * @param {() => void} again
 */
function list(again) {
  const [box, field] = [byId("messages"), byId("search")];
  let order = choice();
  let shown = STEP;
  /** @type {TimedMessage[]} */
  let found = [];
  const rows = table(box, {
    columns: explained(COLUMNS),
    key: (row) => row.id,
    caption: "Messages of this session",
    sort: order,
    sorted: (chosen) => {
      order = chosen;
      write({ sort: `${chosen.by}.${chosen.down ? "down" : "up"}` });
      again();
    },
  });

  /**
   * @param {State} state
   * @param {number} now
   */
  function show(state, now) {
    found = arrange(search(state.messages, field.value), COLUMNS, order);
    const place = found.findIndex((row) => row.id === state.selected);
    shown = Math.max(shown, place + STEP / 4);
    rows.show(found.slice(0, shown), now);
    mark(state.selected ?? null);
    const all = state.session?.message_count ?? state.messages.length;
    const held =
      state.messages.length < all
        ? `the newest ${count(state.messages.length)} of ${count(all)}`
        : `${count(all)} in all`;
    setText(byId("messages-sub"), field.value.trim() ? `${count(found.length)} found among ${held}` : held);
    byId("csv").disabled = !found.length;
  }

  /** @param {string | null} id */
  const link = (id) =>
    [...box.querySelectorAll("tbody a")].find((one) => new URLSearchParams(one.search).get("message") === id);

  /** @param {string | null} id */
  function mark(id) {
    const wanted = id === null ? null : link(id);
    for (const held of box.querySelectorAll("a[aria-current]"))
      if (held !== wanted) held.removeAttribute("aria-current");
    wanted?.setAttribute("aria-current", "true");
  }

  /**
   * Scrolls to a row in the table; with `whole`, to the table in the page too.
   * @param {string | null} id
   * @param {boolean} whole
   */
  function reach(id, whole) {
    const row = link(id)?.closest("tr");
    if (!row) return;
    box.scrollTop = row.offsetTop - box.clientHeight / 2;
    if (whole) {
      box.closest(".card").scrollIntoView({ block: "nearest" });
      link(id).focus({ preventScroll: true });
    }
  }

  field.value = read("q", "");
  field.addEventListener("input", () => {
    write({ q: field.value.trim() });
    shown = STEP;
    again();
  });
  field.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.key === "Escape") field.blur();
  });
  box.addEventListener(
    "scroll",
    () => {
      if (shown >= found.length || box.scrollTop + box.clientHeight < box.scrollHeight - 400) return;
      shown += STEP;
      again();
    },
    { passive: true },
  );
  byId("csv").addEventListener("click", () =>
    save(`sbdash-messages-${session.replace(/[^\w.-]+/g, "_")}.csv`, csv(...sheet(FILE, found))),
  );
  return { show, reach, box };
}

/**
 * A row's link chooses its message. The keys up and down move along the rows.
 * @param {Dom} box
 * @param {(id: string | null) => void} pick
 */
function hands(box, pick) {
  box.addEventListener("click", (/** @type {any} */ event) => {
    const own = event.target.closest("tbody tr")?.querySelector("a");
    if (
      !own ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      (!event.target.closest("a") && String(window.getSelection()))
    )
      return;
    event.preventDefault();
    pick(new URLSearchParams(own.search).get("message"));
  });
  box.addEventListener("keydown", (/** @type {any} */ event) => {
    const step = STEPS[event.key];
    const link = step && event.target.closest("tbody tr")?.[step]?.querySelector("a");
    if (!link) return;
    event.preventDefault();
    link.focus();
  });
}

function page() {
  const charts = [card(timeline, byId("chart-timeline")), card(waits, byId("chart-waits"))];
  const [main, rest] = [figures(byId("figures")), figures(byId("rest"))];
  const meanings = definitions(byId("main"));
  const rows = list(() => again());
  const panel = picked(byId("picked"), { clear: () => pick(null), toRow: () => rows.reach(selected, true) });
  const older = earlier(byId("earlier"), session, { held, took });
  /** @type {State | null} */
  let last = null;
  /** @type {State | null} */
  let shown = null;
  /** @type {SessionRows | null} */
  let before = null;
  /** @type {string | null} */
  let cursor = null;
  let over = false;
  let renewed = 0;
  let selected = read("message", "") || null;
  let sought = selected === null;

  /**
   * The rows to show: earlier ones that were loaded, then the live ones. Earlier rows are dropped where a gap would lie
   * between them, or where rows were removed.
   * @param {State} state
   */
  function joined(state) {
    if (before && ((state.renewed ?? 0) !== renewed || !meets(before, state)))
      [before, cursor, over] = [null, null, false];
    renewed = state.renewed ?? 0;
    const found = together(before, state);
    before = found.earlier;
    return { ...found.whole, selected };
  }

  function held() {
    const n = shown?.messages.length ?? 0;
    return {
      held: n,
      all: shown?.session?.message_count ?? n,
      cursor: cursor ?? last?.next ?? null,
      full: n >= HELD_PAGES,
      end: over,
    };
  }

  /** @param {SessionRows & { next: string | null }} earlierPage */
  function took(earlierPage) {
    if (!shown) return;
    before = prepend(earlierPage, shown);
    cursor = earlierPage.next;
    over = earlierPage.next === null;
    again();
  }

  /**
   * @param {State} state
   * @param {number} now
   */
  function paint(state, now) {
    last = state;
    const all = joined(state);
    shown = all;
    tick(now);
    for (const one of charts) one.show(all);
    rows.show(all, now);
    older.show();
    const message = all.messages.find((one) => one.id === selected);
    panel.show(
      selected === null
        ? null
        : message
          ? spoken(message)
          : [`Message ${selected}`, "It is not among the messages loaded here."],
      Boolean(message),
    );
    if (!sought) seek();
  }

  const again = () => {
    if (last) paint(last, line.now());
  };

  /** Looks for the message of the address, in earlier pages too. */
  async function seek() {
    sought = true;
    const there = () => Boolean(shown?.messages.some((one) => one.id === selected));
    while (!there() && !held().full && !over && held().held < held().all) if (!(await older.load())) break;
    rows.reach(selected, true);
  }

  /**
   * @param {string | null} id
   * @param {{ chart?: boolean, step?: boolean }} [options]
   */
  function pick(id, { chart = true, step = true } = {}) {
    selected = id;
    write({ message: id }, { step });
    again();
    if (id === null) return;
    rows.reach(id, false);
    if (!chart) return;
    const zoomed = byId("chart-timeline").querySelector('[data-do="live"]');
    if (!zoomed.hidden) zoomed.click();
    byId("chart-timeline").scrollIntoView({ block: "nearest" });
  }

  /** @param {number} now */
  function tick(now) {
    if (!last) return;
    head(byId("facts"), byId("empty"), last, facts(last.session ?? {}, now));
    if (!last.session) return;
    const all = sessionFigures(last.session, now);
    main.show(all.filter((entry) => !entry.lesser));
    rest.show(all.filter((entry) => entry.lesser));
    for (const one of [main, rest, meanings]) one.tick(last.newest, now);
  }

  /** Chooses the message of `#message=…`, or, after back and forward, the one of the address. */
  function moved() {
    const wanted = anchored("message");
    if (wanted === null) {
      if ((read("message", "") || null) !== selected) pick(read("message", "") || null, { chart: false, step: false });
      return;
    }
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
    pick(wanted, { chart: false, step: false });
  }

  window.addEventListener("popstate", moved);
  if (anchored("message") !== null) {
    moved();
    sought = false;
  }
  hands(rows.box, pick);
  return { paint, tick };
}

const line = live({ connection, subject: () => ({ subscribe: `session/${session}` }), ...page() });
