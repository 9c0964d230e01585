/** The one state of a page: fold(state, frame) gives the next, and changes neither. */

const HELD_MESSAGES = 2000;

/** A snapshot replaces; a frame's rows replace those of the same key; what is left out stays. */
export function fold(state, frame) {
  if (frame.kind === "snapshot" || !state) return settle({ buckets: [], messages: [], sessions: [], tiles: {} }, frame);
  if (foreign(state, frame)) return state;
  return settle(state, frame);
}

/** A frame of another topic, another range, or older than what is held, is not for this state. */
function foreign(state, frame) {
  return frame.topic !== state.topic
    || (frame.range !== undefined && frame.range !== state.range)
    || (frame.position < state.position);
}

function settle(state, frame) {
  const { kind, ...rest } = frame;
  const next = { ...state, ...rest };
  next.tiles = { ...state.tiles, ...frame.tiles };
  next.buckets = since(replace(state.buckets, frame.buckets, "t", byTime), next.from);
  next.messages = replace(state.messages, frame.messages, "id", byMoment).slice(-HELD_MESSAGES);
  next.newest = frame.newest ?? state.newest ?? null;
  next.lag = frame.lag ?? 0;
  return next;
}

function replace(rows, changed, key, order) {
  if (!changed?.length) return rows;
  const held = new Map(rows.map((row) => [row[key], row]));
  for (const row of changed) held.set(row[key], row);
  return [...held.values()].sort(order);
}

function since(buckets, from) {
  if (from === undefined || !buckets.length || buckets[0].t >= from) return buckets;
  return buckets.filter((bucket) => bucket.t >= from);
}

/** The window moved on to `ms` where nothing new has come: what is quiet is known to be quiet. */
export function slide(state, ms) {
  if (!state?.step) return state;
  const steps = Math.floor(ms / 1000 / state.step) - Math.floor(Date.parse(state.now) / 1000 / state.step);
  if (!(steps > 0)) return state;
  const from = state.from + steps * state.step;
  return { ...state, from, now: new Date(ms).toISOString(), buckets: since(state.buckets, from) };
}

const byTime = (a, b) => a.t - b.t;

function byMoment(a, b) {
  const first = Date.parse(a.at);
  const second = Date.parse(b.at);
  if (first !== second) return first - second;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
