/** Sessions with a message, as a line; in a panel below, started sessions, as bars. */

import { count } from "../lib/format.js";
import * as select from "../models/select.js";
import { annotate, margin } from "./labels.js";
import { alone } from "./response.js";
import {
  ceiling,
  countAxis,
  inner,
  largest,
  last,
  layout,
  stepWords,
  timeAxis,
  toMs,
  when,
  windowWords,
} from "./template.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const LOWER = 0.26;
const UPPER = 0.38;
/** The name is not "active": the tile of that name counts the last five minutes. */
const WITH = "with a message";
const LABEL = "with a\nmessage";

export const id = "sessions";
export const rows = select.sessions;
/** @param {State} state */
export const sub = (state) => `with a message and started, each ${stepWords(state.step)} · ${windowWords(state)}`;
/** @param {Rows} data */
export const isEmpty = (data) => data.active.every((value) => value === null) && !data.started.some(Boolean);
export const nothing = "No session had a message in this window.";

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const top = ceiling(largest(data.active), 4);
  const below = Math.ceil(ceiling(largest(data.started), 2));
  const place = { height: inner(size), width: size.width, look };
  const labels = [
    ...annotate([{ name: LABEL, y: last(data.active) ?? 0, colour: look.active, sign: "━" }], {
      ...place,
      top,
      base: UPPER,
      share: 1 - UPPER,
    }),
    ...annotate([{ name: "started", y: below / 2, colour: look.started, sign: "■" }], {
      ...place,
      top: below,
      share: LOWER,
    }),
  ];
  const axes = {
    margin: { r: margin([LABEL, "started"], size.width) },
    annotations: isEmpty(data) ? [] : labels,
    xaxis: timeAxis(data.times, data.step, look, size, { anchor: "y2" }),
    yaxis: countAxis(top, look, { domain: [UPPER, 1] }),
    yaxis2: countAxis(below, look, { domain: [0, LOWER], ends: true }),
  };
  return { data: traces(data, look), layout: layout(look, size, axes) };
}

/**
 * @param {Rows} data
 * @param {Look} look
 */
function traces(data, look) {
  const x = data.times.map(toMs);
  return [
    {
      type: "scatter",
      mode: "lines+markers",
      name: WITH,
      x,
      y: data.active,
      connectgaps: false,
      hovertemplate: "%{y:,}",
      line: { color: look.active, width: 2 },
      marker: { size: alone(data.active), color: look.active, opacity: 1, line: { width: 0 } },
      cliponaxis: false,
    },
    {
      type: "bar",
      name: "started",
      x,
      y: data.started,
      yaxis: "y2",
      hovertemplate: "%{y:,}",
      marker: { color: look.started },
    },
  ];
}

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const started = data.started.reduce((n, value) => n + value, 0);
  const [newest, most] = [count(last(data.active)), count(largest(data.active))];
  const active = `${newest} sessions with a message at the newest figure, at most ${most}`;
  return `${active}; ${count(started)} started in the window.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Time", "With a message", "Started"],
  note: `each ${stepWords(data.step)}`,
  write: count,
  rows: data.times.map((t, i) => [when(t, data.step), data.active[i], data.started[i]]),
});
