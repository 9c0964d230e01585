/** Responses: how long people wait, how that is spread and changes, and which answers stand out; live. */

import * as histogram from "../charts/histogram.js";
import { DAY } from "../charts/template.js";
import * as trend from "../charts/trend.js";
import { live } from "../lib/live.js";
import * as responses from "../models/responses.js";
import { card } from "../views/chart-card.js";
import { days } from "../views/days.js";
import { connection } from "../views/connection.js";
import { definitions, explained } from "../views/definition.js";
import { facts, pairs } from "../views/facts.js";
import { sorted } from "../views/sorted.js";

const find = (id) => document.getElementById(id);
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

function tables() {
  const models = sorted(find("models-table"), "sort", "count.down", {
    columns: explained(responses.MODELS), key: (row) => row.model, caption: "Waits by model", href: (row) => row.href, file: "sbdash-waits-by-model",
    none: "Each model that answers will be a row here, with its waits.",
  });
  const outliers = sorted(find("outliers-table"), "outliers", "", {
    columns: explained(responses.OUTLIERS), key: (row) => row.key, caption: "Answers that stand out", href: (row) => row.href, file: "sbdash-outliers",
    none: "No answer took unusually long for its model in this time.",
  });
  return { show(report, now) {
    models.show(responses.models(report), now);
    outliers.show(responses.outliers(report), now);
    put(find("outliers-sub"), responses.told(report));
  } };
}

function page() {
  const cards = [histogram, trend, trend.daily].map((chart) => card(chart, find(`chart-${chart.id}`)));
  const meanings = definitions(find("responses"));
  const head = facts(find("figures"));
  const rows = tables();
  let last = null;

  function paint(state, now) {
    last = state;
    const { report } = state;
    find("broken").hidden = Boolean(report);
    find("empty").hidden = !report || report.figures !== null;
    head.show(responses.facts(report));
    find("chart-daily").hidden = report?.trend.step === DAY; // the trend of a longer time goes by days itself
    for (const one of cards) one.show(state);
    rows.show(report, now);
    tick(now);
  }

  function tick(now) {
    meanings.tick(last?.newest, now);
    verdict(responses.degradation(last?.report, now));
  }

  return { paint, tick };
}

function verdict(told) {
  if (!told) return;
  const word = find("verdict-word");
  word.dataset.state = told.state;
  put(word, told.state === "unknown" ? "not enough known" : told.state);
  put(find("verdict-head"), told.head);
  put(find("verdict-words"), told.words);
  find("verdict-words").hidden = !told.words;
  const meter = find("verdict-share");
  meter.hidden = told.share === null;
  if (told.share !== null && meter.value !== told.share) meter.value = told.share;
  pairs(find("verdict-facts"), told.facts);
  find("verdict").removeAttribute("data-state");
}

const range = days(find("range"), "7", () => line.again());
const line = live({ connection, subject: () => ({ subscribe: "responses", range: range.range() }), ...page() });
