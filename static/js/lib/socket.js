/** The WebSocket of a page: subscribes, hands on frames, and reconnects with the last position. */

const FIRST = 0.5;
const LONGEST = 5;
const LOGIN_ENDED = 4401;
const FORBIDDEN = 4403;
/** The close code of a user with too many live pages, and the seconds before the next attempt. */
const TOO_MANY = 4429;
const UNHURRIED = 30;
/** Seconds without a frame after which a connection counts as dead. The server sends one every five seconds. */
const SILENT = 15;

/**
 * @import { Frame } from "./types.js"
 * @typedef {{ protocol: string, host: string, pathname: string, search: string }} Place the part of a Location in use
 */

/**
 * @typedef {object} ConnectOptions
 * @property {() => object} ask the message that subscribes
 * @property {(frame: Frame<any>) => void} heard a frame as it was decoded
 * @property {(state: "open" | "lost" | "crowded" | "forbidden") => void} onState
 * @property {Place & { replace: (to: string) => void }} [place]
 * @property {new (url: string) => WebSocket} [Socket]
 * @property {(run: () => void, ms: number) => number} [later]
 * @property {(run: () => void, ms: number) => unknown} [every]
 */

/**
 * Seconds to wait before attempt n (0, 1, …). They double from 0.5 to 5, with jitter in the upper half.
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

/** @type {WeakSet<Place>} */
const left = new WeakSet();

/**
 * Leads to the log-in page, and from there back to the place. Once: the socket and another tab may both report the end
 * of the log-in, and a second navigation would abort the first.
 * @param {Place & { replace: (to: string) => void }} place
 */
export function leaveForLogin(place) {
  if (left.has(place)) return;
  left.add(place);
  place.replace(login(place));
}

/**
 * Connects. ask() returns the message that subscribes; heard(frame) is called with each frame, onState(state) with each
 * change of the connection. Returns {ask, retry}: subscribe again, or connect again at once.
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
  /** @type {number | null} */
  let timer = null;
  let heardAt = 0;

  const send = () => socket?.readyState === 1 && socket.send(JSON.stringify(ask()));

  /** @param {{ code: number }} event */
  function closed(event) {
    socket = null;
    if (event.code === LOGIN_ENDED) return leaveForLogin(place);
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
   * Leaves a connection whose other end has vanished: it does not close by itself.
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
