/** One live connection: subscribes, hands on frames, comes back after a loss with the last position. */

const FIRST = 0.5;
const LONGEST = 5;
const LOGIN_ENDED = 4401;
const FORBIDDEN = 4403;
/** One user has as many live pages open as one may; and seconds after which a page tries again. */
const TOO_MANY = 4429;
const UNHURRIED = 30;
/** Seconds without a word after which a line counts as dead: the server says something every five. */
const SILENT = 15;

/**
 * @import { Frame } from "./types.js"
 * @typedef {{ protocol: string, host: string, pathname: string, search: string }} Place the part of a Location in use
 */

/**
 * @typedef {object} ConnectOptions
 * @property {() => object} ask the message that subscribes
 * @property {(frame: Frame) => void} heard
 * @property {(state: "open" | "lost" | "crowded" | "forbidden") => void} onState
 * @property {Place & { assign: (to: string) => void }} [place]
 * @property {new (url: string) => WebSocket} [Socket]
 * @property {(run: () => void, ms: number) => any} [later]
 * @property {(run: () => void, ms: number) => unknown} [every]
 */

/**
 * Seconds to wait before attempt n (0, 1, …): doubles from 0.5 to 5, drawn from the upper half of the step.
 * @param {number} attempt
 * @param {() => number} [random]
 */
export function backoff(attempt, random = Math.random) {
  const step = Math.min(LONGEST, FIRST * 2 ** attempt);
  return Math.max(FIRST, step / 2 + (random() * step) / 2);
}

/** @param {Place} place */
export const address = (place) => `${place.protocol === "https:" ? "wss" : "ws"}://${place.host}/ws/live/`;
/** @param {Place} place */
export const login = (place) => `/login/?next=${encodeURIComponent(place.pathname + place.search)}`;

/**
 * ask() gives the subscribe message; heard(frame) takes each frame; onState(state) hears
 * "open", "lost", "crowded" or "forbidden". Answers {ask, retry}: ask again, or try again at once.
 * @param {ConnectOptions} options
 */
export function connect({
  ask,
  heard,
  onState,
  place = window.location,
  Socket = WebSocket,
  later = setTimeout,
  every = setInterval,
}) {
  /** @type {WebSocket | null} */
  let socket = null;
  let attempt = 0;
  /** @type {any} */
  let timer = null;
  let heardAt = 0;

  const send = () => socket?.readyState === 1 && socket.send(JSON.stringify(ask()));

  /** @param {{ code: number }} event */
  function closed(event) {
    socket = null;
    if (event.code === LOGIN_ENDED) return place.assign(login(place));
    if (event.code === FORBIDDEN) return onState("forbidden");
    if (event.code === TOO_MANY) {
      onState("crowded");
      timer = later(open, UNHURRIED * 1000);
      return;
    }
    onState("lost");
    timer = later(open, backoff(attempt++) * 1000);
  }

  /**
   * A line whose other end vanished does not close by itself: leave it.
   * @param {number} [now]
   */
  function check(now = Date.now()) {
    if (socket === null || now - heardAt < SILENT * 1000) return;
    Object.assign(socket, { onclose: null, onmessage: null });
    socket.close();
    closed({ code: 1006 });
  }

  function open() {
    timer = null;
    heardAt = Date.now();
    const mine = new Socket(address(place));
    socket = mine;
    mine.onopen = () => {
      send();
    };
    mine.onmessage = (event) => {
      attempt = 0;
      heardAt = Date.now();
      onState("open");
      heard(JSON.parse(event.data));
    };
    mine.onclose = closed;
  }

  open();
  every(check, (SILENT * 1000) / 3);
  return {
    ask: send,
    retry: () => {
      if (timer !== null) {
        clearTimeout(timer);
        open();
      }
    },
  };
}
