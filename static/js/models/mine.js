/** The texts and rows of the page My sessions: a person's figures, and the comparison with other people's. */

import { change, cost, count, duration, share, UNKNOWN, WHY } from "../lib/format.js";
import { texts } from "./columns.js";

/**
 * @import { Mine, MyFigures } from "../lib/frames.js"
 * @import { Column } from "./types.js"
 * @import { Figure, State } from "../lib/types.js"
 */

/**
 * The format of a figure, by its name.
 * @param {string} name
 */
export function writes(name) {
  if (name.includes("cost")) return cost;
  if (/^(engagement|error_rate|share)$/.test(name)) return share;
  if (/^response|_seconds$|duration|wait/.test(name)) return duration;
  return count;
}

const OVER = "complete days up to yesterday (UTC)";
/** @type {Record<string, string>} */
const NAMES = {
  response_p50: "Wait p50",
  response_p95: "Wait p95",
  engagement: "Engagement",
  messages_per_session: "Messages per session",
  tokens_per_message: "Tokens per message",
  cost_per_session: "Cost per session",
  error_rate: "Failed answers",
};

/**
 * The figures at the head: [{id, value, note}]. The estimated cost is last, apart from the cost. An unknown figure is
 * an en dash, and its note says why.
 * @param {Mine | null} report
 */
export function facts(report) {
  const figures = report?.figures;
  /**
   * @param {keyof MyFigures} id
   * @param {string} note
   * @param {string} [why]
   */
  const fact = (id, note, why = "") => ({
    id,
    value: writes(id)(figures?.[id]),
    note: figures && figures[id] === null ? why : note,
  });
  return [
    fact("sessions", "started in this time"),
    fact("messages", "yours and the answers"),
    fact("tokens", "read and written by the models"),
    fact("response_p50", "half of the answers within", WHY.answer),
    fact("response_p95", "95 of 100 within", WHY.answer),
    fact("engagement", figures ? `${duration(figures.active_seconds)} of active time` : "", WHY.time),
    fact("errors", "failed answers and sessions"),
    fact("cost", "as reported by the application"),
    fact("shadow_cost", "list prices, not billed", WHY.price),
  ];
}

/**
 * The comparison {words, rows: [{key, name, mine, others, beside, …}]}. It has no rows where it is withheld; it is null
 * before the first report.
 * @param {Mine | null} report
 */
export function comparison(report) {
  const given = report?.comparison;
  if (!given) return null;
  if (given.withheld) return { words: given.withheld, rows: [] };
  const rows = (given.figures ?? []).map(({ name, mine, others, withheld }) => {
    const write = writes(name);
    const theirs = withheld ? "withheld" : write(others);
    return {
      key: name,
      name: NAMES[name] ?? name.replaceAll("_", " "),
      own: mine,
      rest: others,
      mine: write(mine),
      others: theirs,
      ...beside(name, mine, others),
    };
  });
  return {
    words: `${count(given.people)}+ other people combined; ${OVER}`,
    rows,
  };
}

/**
 * The columns of the comparison.
 * @type {Column<NonNullable<ReturnType<typeof comparison>>["rows"][number]>[]}
 */
export const COMPARED = [
  { id: "figure", name: "Figure", cell: (row) => ({ text: row.name }) },
  { ...texts("mine", "Mine", { num: true }), sort: (row) => row.own },
  { ...texts("others", "Others", { num: true }), sort: (row) => row.rest },
  { ...texts("beside", "Difference", { num: true }), sort: (row) => row.size, value: (row) => row.beside },
];

/**
 * The words for more and for less of a figure.
 * @param {string} name
 * @returns {Record<string, string>}
 */
function ways(name) {
  if (name.startsWith("response_p")) return { up: "slower", down: "faster", same: "" };
  if (name === "error_rate") return { up: "more failures", down: "fewer failures", same: "" };
  return { up: "more", down: "less", same: "" };
}

/**
 * The difference in words ("12 % faster"), and as a share of the others' figure.
 * @param {string} name
 * @param {Figure} mine
 * @param {Figure} others
 */
function beside(name, mine, others) {
  const found = change(mine, others);
  if (!found || typeof mine !== "number" || typeof others !== "number") return { beside: UNKNOWN, size: null };
  return {
    beside: found.words === "no change" ? "the same" : `${found.words} ${ways(name)[found.way]}`.trim(),
    size: mine === others ? 0 : mine / others - 1,
  };
}

/**
 * The words [title, text] that stand in place of the figures, or null where there are figures. `person` says whether
 * this log-in owns any sessions.
 * @param {boolean} person
 * @param {Pick<State<Mine>, "report" | "sessions"> | null} state
 */
export function nothing(person, state) {
  if (!person)
    return [
      "Your log-in is not linked to a chat user",
      "This page shows a person their own sessions: figures, waits, cost, and how they compare with others. Ask an " +
        "administrator to link your account to your chat user id (Admin, Users, Owner id).",
    ];
  const figures = state?.report?.figures;
  if (!state || state.sessions.length || figures?.messages || figures?.sessions) return null;
  return [
    "You have no sessions yet",
    "Your conversations will be listed here, each with its messages, waits and cost. " +
      "The first one appears by itself.",
  ];
}
