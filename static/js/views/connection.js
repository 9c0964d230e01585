/** The live state and the pause button in the top bar, and the bar of a lost connection. */

import { age, clock, moment, plural, RECENT } from "../lib/format.js";
import { rangeWords } from "../lib/period.js";
import { alarms, chosen, wake } from "./alarms.js";
import { attention } from "./attention.js";
import { byId, find, setText } from "./dom.js";

/** @import { LineView } from "../lib/live.js" */

const PATIENCE = 1500;
/** Seconds that the statistics may be behind the journal before the page says so. */
const LATE = 15;
const WORDS = {
  connecting: "Connecting…",
  open: "Live",
  lost: "Reconnecting…",
  crowded: "Not live",
  forbidden: "Not allowed",
};

/** @param {{ pause: () => void }} options */
export function connection({ pause }) {
  const badge = byId("live");
  const lost = byId("lost");
  const button = byId("pause", HTMLButtonElement);
  const [state, old] = [find(badge, ".state"), find(badge, ".age")];
  const [attend, alarm] = [attention(), alarms()];
  button.disabled = false;
  button.addEventListener("click", pause);
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, () => chosen().sound && wake());

  /** @param {LineView} options */
  function show({ line, paused, waiting, still, since, fresh, wanted, newest, now, lag, ...about }) {
    const quiet = line === "open" && !paused && still;
    const word = quiet || (line === "open" && paused ? "Paused" : WORDS[line]);
    const open = paused ? "paused" : quiet ? "still" : "live";
    badge.dataset.state = line === "open" ? open : line === "lost" ? "reconnecting" : line;
    button.hidden = Boolean(quiet);
    setText(state, word);
    setText(old, quiet ? "" : beside(paused, waiting, newest, now));
    button.setAttribute("aria-pressed", String(paused));
    setText(find(button, ".pause-words"), paused ? "Resume" : "Pause");
    const text = words(line, since, fresh, wanted, lag);
    attend(about.attention, about.checked, now);
    countFiring(about.firing);
    alarm(about.newest_firing, now);
    lost.hidden = !text;
    if (text) setText(lost, text);
  }

  return { show };
}

/**
 * Shows the number of alerts that fire in the rail, where the viewer is told.
 * @param {number | undefined} firing
 */
function countFiring(firing) {
  const host = document.getElementById("firing");
  if (!host || firing === undefined) return;
  setText(find(host, ".many"), String(firing));
  host.hidden = !firing;
}

/**
 * @param {boolean} paused
 * @param {number} waiting
 * @param {string | null} newest
 * @param {number} now
 */
function beside(paused, waiting, newest, now) {
  if (paused) return plural(waiting, "new update");
  const at = moment(newest);
  const seconds = at === null ? 0 : (now - at) / 1000;
  return seconds > RECENT ? `newest figure ${age(seconds)} old` : "";
}

/**
 * @param {string} line
 * @param {number | null} since
 * @param {boolean} fresh
 * @param {string | null} wanted the window that will be shown
 * @param {number} lag
 */
function words(line, since, fresh, wanted, lag) {
  if (line === "open" && lag > LATE)
    return (
      `The figures are ${age(lag)} behind what has arrived. ` +
      "The pipeline is slow or not running: the server's log says why."
    );
  if (line === "forbidden") return "You need another role to see these live figures. Ask your administrator.";
  if (line === "crowded")
    return "Too many live pages are open with your log-in. Close some; this one then continues by itself.";
  if (line === "open" || since === null || Date.now() - since < PATIENCE) return "";
  if (fresh) return `No connection since ${clock(since)}. Connecting again…`;
  const next = wanted ? ` The ${rangeWords(wanted)} will be shown as soon as connected.` : "";
  return `Connection lost at ${clock(since)}. Showing the last known figures; reconnecting…${next}`;
}
