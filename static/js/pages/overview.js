/** The overview: tiles, charts and the most active sessions, live. */

import * as errors from "../charts/errors.js";
import * as hours from "../charts/heat.js";
import * as messages from "../charts/messages.js";
import * as response from "../charts/response.js";
import * as sessions from "../charts/sessions.js";
import * as tokens from "../charts/tokens.js";
import { read, write } from "../lib/address.js";
import { count, duration } from "../lib/format.js";
import { live } from "../lib/live.js";
import { tiles as figures } from "../models/figures.js";
import { slowness } from "../models/select.js";
import { COST, ERRORS, LAST_MESSAGE, TOKENS } from "../models/session-columns.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { definitions, explained } from "../views/definition.js";
import { byId } from "../views/dom.js";
import { hints } from "../views/hint.js";
import { onboarding } from "../views/onboarding.js";
import { sorted } from "../views/sorted.js";
import { tiles } from "../views/tiles.js";

/**
 * @import { Column } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 */

const RANGES = ["15m", "1h", "6h", "24h", "7d"];
/** The overview's heat map has messages alone. */
const { choices, ...heat } = hours;
/** @param {{ id: string }} row */
const open = (row) => `/sessions/${encodeURIComponent(row.id)}/`;

/** @type {Column[]} */
const COLUMNS = [
  { id: "id", name: "Session", cell: (row) => ({ text: row.id, href: open(row), title: row.id }) },
  { id: "owner", name: "Owner", means: "sessions.owner", cell: (row) => ({ text: row.owner ?? "–" }) },
  { id: "state", name: "State", means: "sessions.state", cell: (row) => ({ text: row.state, state: row.state }) },
  {
    id: "hour",
    name: "Last hour",
    means: "messages_last_hour",
    num: true,
    sort: (row) => row.messages_last_hour,
    cell: (row) => ({ text: count(row.messages_last_hour) }),
  },
  {
    id: "messages",
    name: "In all",
    means: "sessions.messages",
    num: true,
    sort: (row) => row.messages,
    cell: (row) => ({ text: count(row.messages) }),
  },
  {
    id: "wait",
    name: "p95 wait",
    means: "sessions.response_p95",
    num: true,
    sort: (row) => row.response_p95,
    cell: (row) => slow(row.response_p95),
  },
  TOKENS,
  COST,
  ERRORS,
  LAST_MESSAGE,
];

/** @param {number | null} seconds */
function slow(seconds) {
  const flag = slowness(seconds);
  return { text: flag ? `${duration(seconds)} ${flag}` : duration(seconds), flag: flag ?? undefined };
}

const range = () => (RANGES.includes(read("range", "1h")) ? read("range", "1h") : "1h");

function mark() {
  for (const button of byId("range").children)
    button.setAttribute("aria-pressed", String(button.dataset.range === range()));
}

function page() {
  const row = tiles(byId("board"));
  const cards = [response, messages, tokens, sessions, errors, heat].map((chart) =>
    card(chart, byId(`chart-${chart.id}`)),
  );
  const lesson = onboarding(byId("onboarding"), byId("board"));
  const most = sorted(byId("most"), "sort", "", {
    columns: explained(COLUMNS),
    key: (one) => one.id,
    caption: "Most active sessions; a row opens on Enter",
    href: open,
    file: "sbdash-most-active-sessions",
  });
  const meanings = definitions(byId("board"));
  /** @type {State | null} */
  let painted = null;

  /**
   * @param {State} state
   * @param {number} now
   */
  function paint(state, now) {
    painted = state;
    lesson.show(!state.newest);
    row.show(figures(state), now);
    for (const one of cards) one.show(state);
    most.show(state.sessions, now);
  }

  /** @param {number} now */
  function tick(now) {
    row.tick(now);
    meanings.tick(painted?.newest ?? null, now);
    if (painted) most.show(painted.sessions, now);
  }

  return { paint, tick };
}

hints(document);
mark();
const line = live({ connection, subject: () => ({ subscribe: "overview", range: range() }), ...page() });
const turn = () => {
  mark();
  line.again();
};
byId("range").addEventListener("click", (/** @type {any} */ event) => {
  const wanted = event.target.closest("[data-range]")?.dataset.range;
  if (!wanted || wanted === range()) return;
  write({ range: wanted }, { step: true });
  turn();
});
window.addEventListener("popstate", turn);
