/** The texts and rows of the page My sessions: a person's figures, and the comparison with other people's. */

import { change, cost, count, duration, share, UNKNOWN, WHY } from "../lib/format.js";

/**
 * @import { Compared } from "../lib/frames.js"
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

const OVER = "both sides over whole days (UTC) up to yesterday";
/** @type {Record<string, string>} */
const NAMES = {
  response_p50: "Wait p50",
  response_p95: "Wait p95",
  engagement: "Engagement",
  messages_per_session: "Messages a session",
  tokens_per_message: "Tokens a message",
  cost_per_session: "Cost a session",
  error_rate: "Failed answers",
};

/**
 * The figures at the head: [{id, value, note}]. The shadow cost is last, apart from the cost. An unknown figure is an
 * en dash, and its note says why.
 * @param {any} report
 */
export function facts(report) {
  const figures = report?.figures ?? {};
  /**
   * @param {string} id
   * @param {string} note
   * @param {string} [why]
   */
  const fact = (id, note, why = "") => ({
    id,
    value: writes(id)(figures[id]),
    note: report && typeof figures[id] !== "number" ? why : note,
  });
  return [
    fact("sessions", "begun in this time"),
    fact("messages", "yours and the answers"),
    fact("tokens", "read and written by the models"),
    fact("response_p50", "half of the answers within", WHY.answer),
    fact("response_p95", "95 of 100 within", WHY.answer),
    fact("engagement", report ? `${duration(figures.active_seconds)} of active time` : "", WHY.time),
    fact("errors", "failed answers and sessions"),
    fact("cost", "as the application said it"),
    fact("shadow_cost", "estimate, charged to nobody", WHY.price),
  ];
}

/**
 * The comparison {words, rows: [{key, name, mine, others, beside, …}]}. It has no rows where it is withheld; it is null
 * before the first report.
 * @param {any} report
 */
export function comparison(report) {
  const given = report?.comparison;
  if (!given) return null;
  if (given.withheld) return { words: given.withheld, rows: [] };
  const rows = given.figures.map((/** @type {Compared} */ { name, mine, others, withheld }) => {
    const write = writes(name);
    const theirs = withheld ? "withheld" : write(others);
    return {
      key: name,
      name: NAMES[name] ?? name.replaceAll("_", " "),
      own: mine,
      rest: others,
      mine: write(mine),
      others: theirs,
      ...beside(mine, others),
    };
  });
  return {
    words: `${count(given.people)} or more other people together, nobody by themselves; ${OVER}`,
    rows,
  };
}

/** @type {Record<string, string>} */
const SIGNS = { up: "▲ ", down: "▼ ", same: "" };

/**
 * The difference in words, and as a share of the others' figure.
 * @param {Figure} mine
 * @param {Figure} others
 */
function beside(mine, others) {
  const found = change(mine, others);
  if (!found || typeof mine !== "number" || typeof others !== "number") return { beside: UNKNOWN, size: null };
  return {
    beside: SIGNS[found.way] + (found.words === "no change" ? "the same" : found.words),
    size: mine === others ? 0 : mine / others - 1,
  };
}

/**
 * The words [title, text] that stand in place of the figures, or null where there are figures. `person` says whether
 * this log-in owns any sessions.
 * @param {boolean} person
 * @param {State | null} state
 */
export function nothing(person, state) {
  if (!person)
    return [
      "Your log-in is not linked to a person",
      "Sessions are shown to whoever held them. Ask whoever looks after Admin to enter the user id of the chat " +
        "application at your user; then your sessions show here.",
    ];
  const { figures } = state?.report ?? {};
  if (!state || state.sessions?.length || figures?.messages || figures?.sessions) return null;
  return [
    "You have no sessions yet",
    "Sessions that you hold with a model will be listed here, each with its messages, waits and cost. " +
      "The first one shows by itself, without a reload.",
  ];
}
