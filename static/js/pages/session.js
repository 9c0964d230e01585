/** The page of one session: its figures, its timeline and its messages; live. */

import { timeline } from "../charts/session-timeline.js";
import { sessionWaits } from "../charts/session-waits.js";
import { spoken } from "../charts/session-words.js";
import { anchored, read, write } from "../lib/address.js";
import { count } from "../lib/format.js";
import { live } from "../lib/live.js";
import { HELD_PAGES, meets, prepend, together } from "../lib/state.js";
import { csv, endedWords, facts, session as sessionFigures } from "../models/figures.js";
import { columns, FILE } from "../models/message-columns.js";
import { search as searched } from "../models/select.js";
import { card } from "../views/chart-card.js";
import { checkNow } from "../views/check-now.js";
import { connection } from "../views/connection.js";
import { definitions, explained } from "../views/definition.js";
import { around, byId, find, findAll, setText } from "../views/dom.js";
import { earlier } from "../views/earlier.js";
import { beside } from "../views/list-order.js";
import { save } from "../views/save.js";
import { search } from "../views/search.js";
import { figures, head, neighbours, picked } from "../views/session.js";
import { walks } from "../views/session-rows.js";
import { given, note } from "../views/sorted.js";
import { arrange, sheet, table } from "../views/table.js";

/**
 * @import { EarlierPage } from "../views/earlier.js"
 * @import { SessionRows, State } from "../lib/types.js"
 * @import { TimedMessage } from "../lib/frames.js"
 */

const session = byId("session").dataset.session ?? "";
const staff = "staff" in byId("session").dataset;
/** @param {string} owner */
const sessionsOf = (owner) => (staff ? `/sessions/?owner=${encodeURIComponent(owner)}` : "");

/** The first rows of the table, and how many more each time its end comes into sight. */
const STEP = 200;

const COLUMNS = columns((id) => {
  const asked = new URLSearchParams(window.location.search);
  asked.set("message", id);
  return `?${asked}`;
});

/**
 * The message that a link leads to.
 * @param {HTMLAnchorElement} link
 */
const led = (link) => new URLSearchParams(link.search).get("message");

/**
 * The table of messages. It has the rows that were scrolled to, of those that are found.
 * @param {() => void} again
 */
function list(again) {
  const [box, file] = [byId("messages"), byId("csv", HTMLButtonElement)];
  let order = given("sort", "at.down", COLUMNS);
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
      note("sort", chosen);
      again();
    },
  });

  const words = search(byId("search", HTMLInputElement), () => {
    shown = STEP;
    again();
  });

  /**
   * @param {State} state
   * @param {number} now
   */
  function show(state, now) {
    found = arrange(searched(state.messages, words()), COLUMNS, order);
    const place = found.findIndex((row) => row.id === state.selected);
    shown = Math.max(shown, place + STEP / 4);
    rows.show(found.slice(0, shown), now);
    mark(state.selected ?? null);
    const all = state.session?.message_count ?? state.messages.length;
    const held =
      state.messages.length < all
        ? `the newest ${count(state.messages.length)} of ${count(all)}`
        : `${count(all)} in all`;
    setText(byId("messages-sub"), words() ? `${count(found.length)} found among ${held}` : held);
    file.disabled = !found.length;
  }

  /** @param {string | null} id */
  const link = (id) => [...box.querySelectorAll("a")].find((one) => led(one) === id);

  /** @param {string | null} id */
  function mark(id) {
    const wanted = id === null ? null : link(id);
    for (const held of findAll(box, "a[aria-current]")) if (held !== wanted) held.removeAttribute("aria-current");
    wanted?.setAttribute("aria-current", "true");
  }

  /**
   * Scrolls to a row in the table; with `whole`, to the table in the page too.
   * @param {string | null} id
   * @param {boolean} whole
   */
  function reach(id, whole) {
    const held = link(id);
    const row = held?.closest("tr");
    if (!row) return;
    box.scrollTop = row.offsetTop - box.clientHeight / 2;
    if (!whole) return;
    box.closest(".card")?.scrollIntoView({ block: "nearest" });
    held?.focus({ preventScroll: true });
  }

  box.addEventListener(
    "scroll",
    () => {
      if (shown >= found.length || box.scrollTop + box.clientHeight < box.scrollHeight - 400) return;
      shown += STEP;
      again();
    },
    { passive: true },
  );
  file.addEventListener("click", () =>
    save(`sbdash-messages-${session.replace(/[^\w.-]+/g, "_")}.csv`, csv(...sheet(FILE, found))),
  );
  return { show, reach, box };
}

/**
 * A row's link chooses its message. The keys up and down move along the rows.
 * @param {HTMLElement} box
 * @param {(id: string | null) => void} pick
 */
function hands(box, pick) {
  box.addEventListener("click", (event) => {
    const own = around(event, "tbody tr")?.querySelector("a");
    if (!own || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!around(event, "a") && String(window.getSelection())) return;
    event.preventDefault();
    pick(led(own));
  });
  walks(box);
}

function page() {
  const charts = [card(timeline), card(sessionWaits)];
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

  /** @param {EarlierPage} earlierPage */
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
    const zoomed = find(byId("chart-timeline"), '[data-do="live"]');
    if (!zoomed.hidden) zoomed.click();
    byId("chart-timeline").scrollIntoView({ block: "nearest" });
  }

  /** @param {number} now */
  function tick(now) {
    if (!last) return;
    head(byId("facts"), byId("empty"), last, facts(last.session, now, sessionsOf));
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

if (staff) checkNow(byId("check-now"));
neighbours(byId("neighbours"), beside(window.location.pathname));
const line = live({
  connection,
  subject: () => ({ subscribe: `session/${session}` }),
  still: (state, now) => endedWords(state.session, now),
  ...page(),
});
