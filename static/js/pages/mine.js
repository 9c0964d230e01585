/** The page My sessions: a person's figures and sessions, and the comparison with other people's; live. */

import { byDay } from "../charts/by-day.js";
import { heat } from "../charts/heat.js";
import { mineDays } from "../charts/mine-days.js";
import { models } from "../charts/models.js";
import { live } from "../lib/live.js";
import { modelsOf, sessionAt } from "../models/links.js";
import * as mine from "../models/mine.js";
import { OWN } from "../models/session-columns.js";
import { OWN_MODELS } from "../models/usage.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { definitions, explained } from "../views/definition.js";
import { byId, find, setText } from "../views/dom.js";
import { facts } from "../views/facts.js";
import { sorted } from "../views/sorted.js";
import { time } from "../views/time.js";

/**
 * @import { Mine } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 */

const person = byId("mine").dataset.person === "true";
const list = "/mine/sessions/";

function page() {
  const charts = [
    card(heat, { choice: "heat", list }),
    card(models, { choice: "by", list }),
    card(mineDays, { list }),
    card(byDay, { list }),
  ];
  const meanings = definitions(byId("mine"));
  const head = facts(byId("figures"));
  const compared = sorted(byId("compared"), "compared", "", {
    columns: mine.COMPARED,
    key: (row) => row.key,
    caption: "My figures compared with those of others",
    file: "sbdash-compared",
  });
  const used = sorted(byId("models-table"), "models", "tokens.down", {
    columns: explained(OWN_MODELS),
    key: (row) => row.model,
    caption: "My models",
    href: (row) => row.href,
    file: "sbdash-my-models",
    none: "Each model that answers you will be a row here.",
  });
  const sessions = sorted(byId("sessions-table"), "sort", "last.down", {
    columns: explained(OWN),
    key: (row) => row.id,
    caption: "My newest sessions; a row opens on Enter",
    href: (row) => sessionAt(row.id),
    file: "sbdash-my-sessions",
    none: "No sessions yet.",
  });
  /** @type {State<Mine> | null} */
  let painted = null;

  /**
   * @param {State<Mine>} state
   * @param {number} now
   */
  function paint(state, now) {
    painted = state;
    const { report } = state;
    say(mine.nothing(person, state));
    byId("broken").hidden = Boolean(report) || !person;
    head.show(mine.facts(report));
    for (const one of charts) one.show(state);
    compare(mine.comparison(report), now);
    used.show(
      modelsOf(report).map((row) => ({ ...row, href: row.href.replace("/sessions/", list) })),
      now,
    );
    tick(now);
  }

  /**
   * The comparison, or the reason why it is withheld.
   * @param {ReturnType<typeof mine.comparison>} found
   * @param {number} now
   */
  function compare(found, now) {
    const given = Boolean(found?.rows.length);
    setText(byId("compared-sub"), found && given ? found.words : "all other people combined");
    byId("compared").hidden = found !== null && !given;
    byId("withheld").hidden = found === null || given;
    if (found && given) compared.show(found.rows, now);
    else setText(byId("withheld"), found?.words ?? "");
  }

  /** @param {number} now */
  function tick(now) {
    if (!painted) return;
    sessions.show(painted.sessions, now);
    meanings.tick(painted.newest, now);
  }

  return { paint, tick };
}

/**
 * The panel of a person without sessions.
 * @param {string[] | null} words
 */
function say(words) {
  const panel = byId("nothing");
  panel.hidden = !words;
  byId("board").hidden = Boolean(words);
  if (!words) return;
  setText(find(panel, "h2"), words[0]);
  setText(find(panel, "p"), words[1]);
}

const { range, compare } = time(() => line.again());
if (!person) say(mine.nothing(person, null));
const line = live({
  connection,
  subject: () => ({ subscribe: "mine", range: range(), compare: compare() }),
  ...page(),
});
