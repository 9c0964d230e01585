/** One live connection: subscribes, hands on frames, comes back after a loss with the last position. */

const FIRST = 0.5;
const LONGEST = 5;
const LOGIN_ENDED = 4401;
const FORBIDDEN = 4403;

/** Seconds to wait before attempt n (0, 1, …): doubles from 0.5 to 5, drawn from the upper half of the step. */
export function backoff(attempt, random = Math.random) {
  const step = Math.min(LONGEST, FIRST * 2 ** attempt);
  return Math.max(FIRST, step / 2 + (random() * step) / 2);
}

export const address = (place) => `${place.protocol === "https:" ? "wss" : "ws"}://${place.host}/ws/live/`;
export const login = (place) => `/login/?next=${encodeURIComponent(place.pathname + place.search)}`;

/**
 * ask() gives the subscribe message; heard(frame) takes each frame; told(state) hears
 * "open", "lost" or "forbidden". Answers {ask, retry}: ask again, or try again at once.
 */
export function connect({ ask, heard, told, place = window.location, Socket = WebSocket, later = setTimeout }) {
  let socket = null;
  let attempt = 0;
  let timer = null;

  const send = () => socket?.readyState === 1 && socket.send(JSON.stringify(ask()));

  function closed(event) {
    socket = null;
    if (event.code === LOGIN_ENDED) return place.assign(login(place));
    if (event.code === FORBIDDEN) return told("forbidden");
    told("lost");
    timer = later(open, backoff(attempt++) * 1000);
  }

  function open() {
    timer = null;
    const mine = new Socket(address(place));
    socket = mine;
    mine.onopen = () => { send(); };
    mine.onmessage = (event) => {
      attempt = 0;
      told("open");
      heard(JSON.parse(event.data));
    };
    mine.onclose = closed;
  }

  open();
  return { ask: send, retry: () => { if (timer !== null) { clearTimeout(timer); open(); } } };
}
