/** The overview: tiles, charts and the most active sessions, live. */

import { errors } from "../charts/errors.js";
import { heat } from "../charts/heat.js";
import { messages } from "../charts/messages.js";
import { response } from "../charts/response.js";
import { sessions } from "../charts/sessions.js";
import { tokens } from "../charts/tokens.js";
import { live } from "../lib/live.js";
import { tiles as figures } from "../models/figures.js";
import { sessionAt } from "../models/links.js";
import { MOST_ACTIVE } from "../models/session-columns.js";
import { card } from "../views/chart-card.js";
import { connection } from "../views/connection.js";
import { copies } from "../views/copy.js";
import { definitions, explained } from "../views/definition.js";
import { byId } from "../views/dom.js";
import { onboarding } from "../views/onboarding.js";
import { sorted } from "../views/sorted.js";
import { tiles } from "../views/tiles.js";
import { time } from "../views/time.js";

/**
 * @import { Hours } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 */

function page() {
  const board = byId("board");
  const row = tiles(board);
  const charts = [
    ...[card(response), card(messages), card(tokens), card(sessions), card(errors)],
    card({ ...heat, choices: undefined }), // messages alone
  ];
  const lesson = onboarding(byId("onboarding"), board);
  const most = sorted(byId("most"), "sort", "", {
    columns: explained(MOST_ACTIVE),
    key: (one) => one.id,
    caption: "Most active sessions; a row opens on Enter",
    href: (one) => sessionAt(one.id),
    file: "sbdash-most-active-sessions",
  });
  const meanings = definitions(board);
  /** @type {State<{ hours: Hours }> | null} */
  let painted = null;

  /**
   * @param {State<{ hours: Hours }>} state
   * @param {number} now
   */
  function paint(state, now) {
    painted = state;
    lesson.show(!state.newest);
    row.show(figures(state), now);
    for (const one of charts) one.show(state);
    most.show(state.sessions, now);
  }

  /** @param {number} now */
  function tick(now) {
    row.tick(now);
    meanings.tick(painted?.newest ?? null, now);
    if (painted) most.show(painted.sessions, now);
  }

  return { paint, tick };
}

copies(document);
const { range, compare } = time(() => line.again());
const line = live({
  connection,
  subject: () => ({ subscribe: "overview", range: range(), compare: compare() }),
  ...page(),
});
