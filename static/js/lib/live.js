/** The state of a live page: folds frames into it, paints it at a calm pace, pauses, and reports the connection. */

import { moment } from "./format.js";
import { pace } from "./pace.js";
import { connect } from "./socket.js";
import { fold, slide } from "./state.js";

/**
 * @import { AlertSpan, Attention } from "./frames.js"
 * @import { Frame, State } from "./types.js"
 */

/** @typedef {{ subscribe: string, range?: string, compare?: boolean }} Subject what a page follows */

/** @typedef {"connecting" | "open" | "lost" | "crowded" | "forbidden"} LineState the state of the connection */

/**
 * @typedef {object} LineView how the connection is, for the page's top bar
 * @property {LineState} line
 * @property {boolean} paused
 * @property {number} waiting frames that came during the pause
 * @property {string} still the words instead of "Live" while nothing can change
 * @property {number | null} since when the connection was lost, ms
 * @property {boolean} fresh no frame has come yet
 * @property {string | null} wanted the window that was chosen, while another is shown
 * @property {string | null} newest
 * @property {number} lag
 * @property {number} now
 * @property {Attention[]} [attention] what needs attention, for staff
 * @property {number} [firing] alerts that fire, for staff
 * @property {AlertSpan[]} [newest_firing] the newest of them
 * @property {string | null} checked when the server looked, ISO time
 */

/**
 * @template Report
 * @typedef {object} LiveOptions
 * @property {() => Subject} subject
 * @property {(state: State<Report>, now: number) => void} paint
 * @property {(acts: { pause: () => void }) => { show: (line: LineView) => void }} connection
 * @property {(now: number) => void} [tick]
 * @property {(state: State<Report>, now: number) => string} [still]
 */

/**
 * Follows one topic. subject() returns {subscribe, range?, compare?}; paint(state, now) draws the page;
 * connection({pause}) is the view of the connection; tick(now) is called each second. still(state, now) is what the
 * page says instead of "Live" while nothing can change; empty while something can.
 * @template Report
 * @param {LiveOptions<Report>} options
 */
export function live({ subject, paint, connection, tick = () => {}, still = () => "" }) {
  /** @type {State<Report> | null} */
  let state = null;
  /** @type {State<Report> | null} */
  let painted = null;
  let skew = 0;
  let waiting = 0;
  let paused = false;
  /** @type {LineState} */
  let line = "connecting";
  /** @type {number | null} */
  let since = null;
  /** @type {string | null} */
  let checked = null;

  const now = () => Date.now() + skew;
  const view = connection({ pause: () => hold(!paused) });
  const show = () =>
    view.show({
      line: line === "lost" && !state ? "connecting" : line,
      paused,
      waiting,
      still: state ? still(state, now()) : "",
      since,
      fresh: !state,
      wanted: state && other(state, subject()) ? (subject().range ?? null) : null,
      newest: state?.newest ?? null,
      lag: state?.lag ?? 0,
      now: now(),
      attention: state?.attention,
      firing: state?.firing,
      newest_firing: state?.newest_firing,
      checked,
    });
  const draw = pace(all, { held: () => paused });

  function all() {
    painted = state;
    waiting = 0;
    if (state) paint(state, now());
    show();
  }

  /** @param {Frame<Report>} frame */
  function heard(frame) {
    if (!frame.kind || other(frame, subject())) return;
    const at = moment(frame.now);
    if (at !== null) skew = at - Date.now();
    state = fold(state, frame);
    if (frame.attention) checked = frame.now;
    if (paused && painted?.range !== state?.range) return all();
    if (paused) waiting += 1;
    draw();
    show();
  }

  /** @param {LineState} word */
  function onState(word) {
    if (word === "lost" || word === "crowded") since ??= Date.now();
    else since = null;
    line = word;
    show();
  }

  /** @param {boolean} wanted */
  function hold(wanted) {
    paused = wanted;
    draw();
    show();
  }

  function second() {
    show();
    tick(now());
    const moved = line === "open" ? slide(state, now()) : state;
    if (moved === state) return;
    state = moved;
    draw();
  }

  const held = () => state && !other(state, subject()) && Boolean(subject().compare) === (state.shift !== undefined);
  const ask = () => ({ ...subject(), after: held() ? (state?.position ?? null) : null });
  const link = connect({ ask, heard, onState });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      link.retry();
      draw();
    }
  });
  window.addEventListener("online", () => link.retry());
  setInterval(second, 1000);
  /** Asks for what the page follows now. */
  function again() {
    link.ask();
    show();
  }

  return { again, draw, pause: () => hold(!paused), now };
}

/**
 * Returns whether a frame belongs to another subscription.
 * @param {{ topic: string, range?: string }} frame
 * @param {Subject} options
 */
const other = (frame, { subscribe, range }) =>
  frame.topic !== subscribe || (range !== undefined && frame.range !== range);
