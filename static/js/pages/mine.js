/** The page My sessions: a person's figures and sessions, and the comparison with other people's; live. */

import * as byDay from "../charts/by-day.js";
import * as heat from "../charts/heat.js";
import * as days_ from "../charts/mine-days.js";
import * as models from "../charts/models.js";
import { read, write } from "../lib/address.js";
import { count, duration, WHY } from "../lib/format.js";
import { live } from "../lib/live.js";
import * as mine from "../models/mine.js";
import { slowness } from "../models/select.js";
import { COST, ERRORS, LAST_MESSAGE, TOKENS } from "../models/session-columns.js";
import * as usage from "../models/usage.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { days } from "../views/days.js";
import { definitions, explained } from "../views/definition.js";
import { byId, setText } from "../views/dom.js";
import { facts } from "../views/facts.js";
import { sorted } from "../views/sorted.js";

/**
 * @import { Column } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { SessionRow } from "../lib/frames.js"
 * @import { Chart } from "../charts/types.js"
 */

const person = byId("mine").dataset.person === "true";
const LIST = "/mine/sessions/";
/** @param {{ id: string }} row */
const open = (row) => `/sessions/${encodeURIComponent(row.id)}/`;

/** @param {number | null} seconds */
const wait = (seconds) => ({
  text: [duration(seconds), slowness(seconds)].filter(Boolean).join(" "),
  flag: slowness(seconds) ?? undefined,
  title: seconds === null ? WHY.answer : "",
});
/**
 * The duration from the first message to the last. Unknown without messages.
 * @param {SessionRow} row
 */
const lasted = (row) => (row.messages ? row.duration : null);

/** @type {Column[]} */
const SESSIONS = [
  {
    id: "id",
    name: "Session",
    sort: (row) => row.id,
    cell: (row) => ({ text: row.id, href: open(row), title: row.id }),
  },
  {
    id: "state",
    name: "State",
    means: "sessions.outcome",
    sort: (row) => row.state,
    cell: (row) => ({ text: row.outcome && row.outcome !== "open" ? row.outcome : row.state, state: row.state }),
  },
  {
    id: "models",
    name: "Models",
    sort: (row) => row.models?.join(", "),
    cell: (row) => ({ text: row.models?.join(", ") || "–", title: row.models?.join(", ") ?? "" }),
  },
  {
    id: "messages",
    name: "Messages",
    means: "sessions.messages",
    num: true,
    sort: (row) => row.messages,
    cell: (row) => ({ text: count(row.messages) }),
  },
  {
    id: "wait",
    name: "Average wait",
    means: "sessions.average_response_time",
    num: true,
    sort: (row) => row.average_response_time,
    cell: (row) => wait(row.average_response_time),
  },
  {
    id: "p95",
    name: "p95 wait",
    means: "sessions.response_p95",
    num: true,
    sort: (row) => row.response_p95,
    cell: (row) => wait(row.response_p95),
  },
  TOKENS,
  COST,
  {
    id: "duration",
    name: "Duration",
    means: "sessions.duration",
    num: true,
    sort: lasted,
    cell: (row) => ({ text: duration(lasted(row)), title: row.messages ? "" : WHY.message }),
  },
  ERRORS,
  LAST_MESSAGE,
];
/** Fewer columns than for staff: the table stands beside another one. */
const MODELS = usage.MODELS.filter(({ id }) =>
  ["model", "messages", "tokens", "share", "cost", "shadow_cost", "response_p50", "response_p95"].includes(id),
);
/** @type {Column[]} */
const COMPARED = [
  { id: "figure", name: "Figure", cell: (row) => ({ text: row.name }) },
  { id: "mine", name: "Mine", num: true, sort: (row) => row.own, cell: (row) => ({ text: row.mine }) },
  { id: "others", name: "Others", num: true, sort: (row) => row.rest, cell: (row) => ({ text: row.others }) },
  {
    id: "beside",
    name: "Difference",
    num: true,
    sort: (row) => row.size,
    value: (row) => row.beside,
    cell: (row) => ({ text: row.beside }),
  },
];

/**
 * A chart with choices. The choice is `name` in the address.
 * @param {Chart<any>} chart
 * @param {string} name
 */
function chosen(chart, name) {
  const { choices = [] } = chart;
  const [first] = choices;
  const choice = choices.some(({ id }) => id === read(name, "")) ? read(name, "") : first.id;
  return card(chart, byId(`chart-${chart.id}`), {
    list: LIST,
    choice,
    chose: (id) => write({ [name]: id === first.id ? "" : id }),
  });
}

/** @param {Chart<any>} chart */
const plain = (chart) => card(chart, byId(`chart-${chart.id}`), { list: LIST });

/**
 * The comparison, or the reason why it is withheld.
 * @param {any} list
 * @param {any} report
 * @param {number} now
 */
function compare(list, report, now) {
  const found = mine.comparison(report);
  setText(byId("compared-sub"), found?.rows.length ? found.words : "beside everybody else together");
  byId("compared").hidden = !found?.rows.length && found !== null;
  byId("withheld").hidden = found === null || found.rows.length > 0;
  if (found && !found.rows.length) setText(byId("withheld"), found.words);
  if (found?.rows.length) list.show(found.rows, now);
}

function page() {
  const cards = [chosen(heat, "heat"), chosen(models, "by"), plain(days_), plain(byDay)];
  const meanings = definitions(byId("mine"));
  const head = facts(byId("figures"));
  const compared = sorted(byId("compared"), "compared", "", {
    columns: COMPARED,
    key: (row) => row.key,
    caption: "My figures beside everybody else's",
    file: "sbdash-compared",
  });
  const used = sorted(byId("models-table"), "models", "tokens.down", {
    columns: explained(MODELS),
    key: (row) => row.model,
    caption: "My models",
    href: (row) => row.href,
    file: "sbdash-my-models",
    none: "Each model that answers you will be a row here.",
  });
  const list = sorted(byId("sessions-table"), "sort", "last.down", {
    columns: explained(SESSIONS),
    key: (row) => row.id,
    caption: "My newest sessions; a row opens on Enter",
    href: open,
    file: "sbdash-my-sessions",
    none: "No sessions yet.",
  });
  /** @type {State | null} */
  let painted = null;

  /**
   * @param {State} state
   * @param {number} now
   */
  function paint(state, now) {
    painted = state;
    const { report } = state;
    say(mine.nothing(person, state));
    byId("broken").hidden = Boolean(report) || !person;
    head.show(mine.facts(report));
    for (const one of cards) one.show(state);
    compare(compared, report, now);
    used.show(
      usage
        .models(report)
        .map((/** @type {{ href: string }} */ row) => ({ ...row, href: row.href.replace("/sessions/", LIST) })),
      now,
    );
    tick(now);
  }

  /** @param {number} now */
  function tick(now) {
    if (!painted) return;
    list.show(painted.sessions, now);
    meanings.tick(painted.newest, now);
  }

  return { paint, tick };
}

/**
 * The panel of a person without sessions.
 * @param {string[] | null} words
 */
function say(words) {
  byId("nothing").hidden = !words;
  byId("board").hidden = Boolean(words);
  if (!words) return;
  setText(byId("nothing").querySelector("h2"), words[0]);
  setText(byId("nothing").querySelector("p"), words[1]);
}

const range = days(byId("range"), "28", () => line.again());
if (!person) say(mine.nothing(person, null));
const line = live({ connection, subject: () => ({ subscribe: "mine", range: range.range() }), ...page() });
