/** The printable report of a month or week. It is made once and is not live. */

import { byDay } from "../charts/by-day.js";
import { models } from "../charts/models.js";
import { daily } from "../charts/trend.js";
import { modelsOf } from "../models/links.js";
import { asOf, DAYS, days, facts as figures, OF_MODELS } from "../models/period.js";
import { card } from "../views/chart-card.js";
import { byId, setText } from "../views/dom.js";
import { facts } from "../views/facts.js";
import { table } from "../views/table.js";

/**
 * @import { PeriodReport, Responses, Usage } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 */

/** @type {PeriodReport} */
const report = JSON.parse(byId("report").textContent ?? "{}");
const at = Date.parse(report.as_of);

/**
 * A state whose report is given.
 * @template Report
 * @param {Report} given
 * @returns {State<Report>}
 */
const state = (given) => ({
  ...{ topic: "report", position: 0, now: report.as_of, newest: report.as_of, lag: 0, range: `${report.now.days}d` },
  ...{
    step: 0,
    from: 0,
    to: at / 1000,
    tiles: {},
    buckets: [],
    ahead: [],
    sessions: [],
    messages: [],
    votes: [],
    operations: [],
  },
  ...{ marks: [], report: given },
});
const used = state(report.now.usage);
const waited = state(/** @type {Responses} */ (/** @type {unknown} */ ({ daily: report.now.daily })));

facts(byId("figures")).show(figures(report));
setText(byId("as-of"), asOf(report));
card({ ...models, choices: undefined, sub: () => "by model, each day in UTC" }).show(used);
card({ ...byDay, sub: () => "US$ each day in UTC, reported and estimated" }).show(used);
card({ ...daily, sub: () => "seconds from question to answer, each day in UTC" }).show(waited);
table(byId("models-table"), { columns: OF_MODELS, key: (row) => row.model, caption: "By model" }).show(
  modelsOf(report.now.usage),
  at,
);
table(byId("days-table"), { columns: DAYS, key: (row) => row.day, caption: "By day" }).show(days(report), at);
byId("empty").hidden = report.now.usage.totals.messages > 0;
byId("print").addEventListener("click", () => window.print());
