/** The page Responses: waits, their distribution and change, and outliers; live. */

import { histogram } from "../charts/histogram.js";
import { DAY } from "../charts/template.js";
import { daily, trend } from "../charts/trend.js";
import { live } from "../lib/live.js";
import { modelsOf } from "../models/links.js";
import * as responses from "../models/responses.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { definitions, explained } from "../views/definition.js";
import { byId, setText } from "../views/dom.js";
import { facts, pairs } from "../views/facts.js";
import { sorted } from "../views/sorted.js";
import { meter } from "../views/source.js";
import { time } from "../views/time.js";

/**
 * @import { Responses } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 */

function page() {
  const charts = [card(histogram), card(trend), card(daily)];
  const meanings = definitions(byId("responses"));
  const head = facts(byId("figures"));
  const models = sorted(byId("models-table"), "sort", "count.down", {
    columns: explained(responses.MODELS),
    key: (row) => row.model,
    caption: "Response times by model",
    href: (row) => row.href,
    file: "sbdash-response-times-by-model",
    none: "Each model that answers will be a row here, with its response times.",
  });
  const outliers = sorted(byId("outliers-table"), "outliers", "", {
    columns: explained(responses.OUTLIERS),
    key: (row) => row.key,
    caption: "Unusually slow answers",
    href: (row) => row.href,
    file: "sbdash-unusually-slow-answers",
    none: "No answer took unusually long for its model in this time.",
  });
  /** @type {State<Responses> | null} */
  let last = null;

  /**
   * @param {State<Responses>} state
   * @param {number} now
   */
  function paint(state, now) {
    last = state;
    const { report } = state;
    byId("broken").hidden = Boolean(report);
    byId("empty").hidden = !report || report.figures !== null;
    head.show(responses.facts(report));
    // the trend of a longer time goes by days itself, and a time of hours has no whole days
    byId("chart-daily").hidden = report?.trend.step === DAY || !report?.daily.length;
    for (const one of charts) one.show(state);
    models.show(modelsOf(report), now);
    outliers.show(responses.outliers(report), now);
    setText(byId("outliers-sub"), responses.outliersNote(report));
    tick(now);
  }

  /** @param {number} now */
  function tick(now) {
    meanings.tick(last?.newest, now);
    verdict(responses.degradation(last?.report ?? null, now));
  }

  return { paint, tick };
}

/** @param {ReturnType<typeof responses.degradation>} change */
function verdict(change) {
  if (!change) return;
  const word = byId("verdict-word");
  word.dataset.state = change.state;
  setText(word, change.state === "unknown" ? "not known" : change.state);
  setText(byId("verdict-head"), change.head);
  setText(byId("verdict-words"), change.words);
  byId("verdict-words").hidden = !change.words;
  meter(byId("verdict-share", HTMLProgressElement), change.share);
  pairs(byId("verdict-facts"), change.facts);
  byId("verdict").removeAttribute("data-state");
}

const { range, compare } = time(() => line.again());
const line = live({
  connection,
  subject: () => ({ subscribe: "responses", range: range(), compare: compare() }),
  ...page(),
});
