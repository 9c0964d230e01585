/** The page Responses: waits, their distribution and change, and outliers; live. */

import * as histogram from "../charts/histogram.js";
import { DAY } from "../charts/template.js";
import * as trend from "../charts/trend.js";
import { live } from "../lib/live.js";
import * as responses from "../models/responses.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { days } from "../views/days.js";
import { definitions, explained } from "../views/definition.js";
import { byId, setText } from "../views/dom.js";
import { facts, pairs } from "../views/facts.js";
import { sorted } from "../views/sorted.js";

/** @import { State } from "../lib/types.js" */

function tables() {
  const models = sorted(byId("models-table"), "sort", "count.down", {
    columns: explained(responses.MODELS),
    key: (row) => row.model,
    caption: "Waits by model",
    href: (row) => row.href,
    file: "sbdash-waits-by-model",
    none: "Each model that answers will be a row here, with its waits.",
  });
  const outliers = sorted(byId("outliers-table"), "outliers", "", {
    columns: explained(responses.OUTLIERS),
    key: (row) => row.key,
    caption: "Answers that stand out",
    href: (row) => row.href,
    file: "sbdash-outliers",
    none: "No answer took unusually long for its model in this time.",
  });
  return {
    /**
     * @param {any} report
     * @param {number} now
     */
    show(report, now) {
      models.show(responses.models(report), now);
      outliers.show(responses.outliers(report), now);
      setText(byId("outliers-sub"), responses.outliersNote(report));
    },
  };
}

function page() {
  const cards = [histogram, trend, trend.daily].map((chart) => card(chart, byId(`chart-${chart.id}`)));
  const meanings = definitions(byId("responses"));
  const head = facts(byId("figures"));
  const rows = tables();
  /** @type {State | null} */
  let last = null;

  /**
   * @param {State} state
   * @param {number} now
   */
  function paint(state, now) {
    last = state;
    const { report } = state;
    byId("broken").hidden = Boolean(report);
    byId("empty").hidden = !report || report.figures !== null;
    head.show(responses.facts(report));
    byId("chart-daily").hidden = report?.trend.step === DAY; // the trend of a longer time goes by days itself
    for (const one of cards) one.show(state);
    rows.show(report, now);
    tick(now);
  }

  /** @param {number} now */
  function tick(now) {
    meanings.tick(last?.newest, now);
    verdict(responses.degradation(last?.report, now));
  }

  return { paint, tick };
}

/** @param {ReturnType<typeof responses.degradation>} change */
function verdict(change) {
  if (!change) return;
  const word = byId("verdict-word");
  word.dataset.state = change.state;
  setText(word, change.state === "unknown" ? "not enough known" : change.state);
  setText(byId("verdict-head"), change.head);
  setText(byId("verdict-words"), change.words);
  byId("verdict-words").hidden = !change.words;
  const meter = byId("verdict-share");
  meter.hidden = change.share === null;
  if (change.share !== null && meter.value !== change.share) meter.value = change.share;
  pairs(byId("verdict-facts"), change.facts);
  byId("verdict").removeAttribute("data-state");
}

const range = days(byId("range"), "7", () => line.again());
const line = live({ connection, subject: () => ({ subscribe: "responses", range: range.range() }), ...page() });
