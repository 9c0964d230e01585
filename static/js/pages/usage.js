/** The page Usage: activity, models, costs and conversations; live. */

import * as byDay from "../charts/by-day.js";
import * as heat from "../charts/heat.js";
import * as leaving from "../charts/leaving.js";
import * as models from "../charts/models.js";
import { read, write } from "../lib/address.js";
import { live } from "../lib/live.js";
import * as usage from "../models/usage.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { days } from "../views/days.js";
import { definitions, explained } from "../views/definition.js";
import { byId, setText } from "../views/dom.js";
import { facts } from "../views/facts.js";
import { sorted } from "../views/sorted.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Chart } from "../charts/types.js"
 */

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
    choice,
    chose: (id) => write({ [name]: id === first.id ? "" : id }),
  });
}

function page() {
  const cards = [
    chosen(heat, "heat"),
    chosen(models, "by"),
    card(byDay, byId("chart-by-day")),
    card(leaving, byId("chart-leaving")),
  ];
  const meanings = definitions(byId("usage"));
  const head = facts(byId("figures"));
  const talk = facts(byId("dynamics"));
  const list = sorted(byId("models-table"), "sort", "tokens.down", {
    columns: explained(usage.MODELS),
    key: (row) => row.model,
    caption: "Models",
    href: (row) => row.href,
    file: "sbdash-models",
    none: "Each model that answers will be a row here, with its tokens, costs and waits.",
  });
  /** @type {string | null} */
  let newest = null;

  /**
   * @param {State} state
   * @param {number} now
   */
  function paint(state, now) {
    const { report } = state;
    newest = state.newest;
    byId("broken").hidden = Boolean(report);
    byId("empty").hidden = !report || report.totals.messages > 0;
    head.show(usage.facts(report));
    talk.show(usage.dynamics(report));
    for (const one of cards) one.show(state);
    list.show(usage.models(report), now);
    setText(byId("models-sub"), usage.ofModels(report));
    setText(byId("unanswered"), usage.unanswered(report));
    share(usage.active(report));
    meanings.tick(newest, now);
  }

  return { paint, tick: (/** @type {number} */ now) => meanings.tick(newest, now) };
}

/** @param {number | null} part */
function share(part) {
  const meter = byId("active-share");
  meter.hidden = part === null;
  if (part !== null && meter.value !== part) meter.value = part;
}

const range = days(byId("range"), "28", () => line.again());
const line = live({ connection, subject: () => ({ subscribe: "usage", range: range.range() }), ...page() });
