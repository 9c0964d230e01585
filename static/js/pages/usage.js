/** The page Usage: activity, models, costs and conversations; live. */

import { byDay } from "../charts/by-day.js";
import { heat } from "../charts/heat.js";
import { leaving } from "../charts/leaving.js";
import { models } from "../charts/models.js";
import { live } from "../lib/live.js";
import { modelsOf } from "../models/links.js";
import * as usage from "../models/usage.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { definitions, explained } from "../views/definition.js";
import { byId, setText } from "../views/dom.js";
import { facts } from "../views/facts.js";
import { sorted } from "../views/sorted.js";
import { meter } from "../views/source.js";
import { time } from "../views/time.js";

/**
 * @import { Usage } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 */

function page() {
  const charts = [card(heat, { choice: "heat" }), card(models, { choice: "by" }), card(byDay), card(leaving)];
  const meanings = definitions(byId("usage"));
  const [head, talk] = [facts(byId("figures")), facts(byId("dynamics"))];
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
   * @param {State<Usage>} state
   * @param {number} now
   */
  function paint(state, now) {
    const { report } = state;
    newest = state.newest;
    byId("broken").hidden = Boolean(report);
    byId("empty").hidden = !report || report.totals.messages > 0;
    head.show(usage.facts(report));
    talk.show(usage.dynamics(report));
    for (const one of charts) one.show(state);
    list.show(modelsOf(report), now);
    setText(byId("models-sub"), usage.ofModels(report));
    setText(byId("unanswered"), usage.unanswered(report));
    meter(byId("active-share", HTMLProgressElement), usage.active(report));
    meanings.tick(newest, now);
  }

  return { paint, tick: (/** @type {number} */ now) => meanings.tick(newest, now) };
}

const { range, compare } = time(() => line.again());
const line = live({
  connection,
  subject: () => ({ subscribe: "usage", range: range(), compare: compare() }),
  ...page(),
});
