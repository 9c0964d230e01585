/** The live state and the pause button in the top bar, and the bar of a lost connection. */

import { age, clock, count, moment } from "../lib/format.js";
import { byId, setText } from "./dom.js";

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
  const button = byId("pause");
  const [state, old] = [badge.querySelector(".state"), badge.querySelector(".age")];
  button.disabled = false;
  button.addEventListener("click", pause);

  /** @param {LineView} options */
  function show({ line, paused, waiting, since, fresh, newest, now, lag }) {
    const word = line === "open" && paused ? "Paused" : WORDS[line];
    badge.dataset.state = line === "open" ? (paused ? "paused" : "live") : line === "lost" ? "reconnecting" : line;
    setText(state, word);
    setText(old, beside(paused, waiting, newest, now));
    button.setAttribute("aria-pressed", String(paused));
    setText(button.querySelector(".pause-words"), paused ? "Go on" : "Pause");
    bar(line, since, fresh, lag);
  }

  /**
   * @param {string} line
   * @param {number | null} since
   * @param {boolean} fresh
   * @param {number} lag
   */
  function bar(line, since, fresh, lag) {
    const text = words(line, since, fresh, lag);
    lost.hidden = !text;
    if (text) setText(lost, text);
  }

  return { show };
}

/**
 * @param {boolean} paused
 * @param {number} waiting
 * @param {string | null} newest
 * @param {number} now
 */
function beside(paused, waiting, newest, now) {
  if (paused) return waiting === 1 ? "1 update waits" : `${count(waiting)} updates wait`;
  const at = moment(newest);
  return at === null ? "" : `newest figure ${age(Math.max(0, (now - at) / 1000))} old`;
}

/**
 * @param {string} line
 * @param {number | null} since
 * @param {boolean} fresh
 * @param {number} lag
 */
function words(line, since, fresh, lag) {
  if (line === "open" && lag > LATE)
    return (
      `What has arrived is not counted yet: the figures are ${age(lag)} behind. ` +
      "The pipeline is slow, or does not run: its log says why."
    );
  if (line === "forbidden")
    return "Your log-in may not see these live figures. Ask whoever looks after the roles here.";
  if (line === "crowded")
    return "More live pages are open with your log-in than one user may have. Close some; this one goes on by itself.";
  if (line === "open" || since === null || Date.now() - since < PATIENCE) return "";
  if (fresh) return `No connection since ${clock(since)}; trying again`;
  return `Connection lost at ${clock(since)}; figures keep their age; trying again`;
}
