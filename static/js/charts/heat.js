/** Activity by hour of the week, in the viewer's zone: averages over the weeks of the window. */

import { cost, count, day, moment, zone } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";
import { layout, windowWords } from "./template.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Look, Point, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HOUR = 3600;
const SHADES = [0, 0.15, 0.4, 0.7, 1];
/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");

export const id = "heat";
export const choices = [
  { id: "messages", name: "Messages" },
  { id: "tokens", name: "Tokens" },
  { id: "cost", name: "Cost" },
];
export const nothing = "Nobody has talked in this time.";

/**
 * The hours: `heat` of the overview, of 28 days, or `hours` of a report.
 * @param {State} state
 */
const source = (state) => state.heat ?? state.report?.hours ?? { from: 0 };

/**
 * {measure, cells: 7 × 24 of {mean, hours, newest, minute}}: averages per hour, from the first hour with any figure on.
 * Hours are counted in UTC. A cell begins at `minute` where the viewer's hours begin at another minute.
 * @param {State} state
 * @param {string} [measure]
 */
export function rows(state, measure = "messages") {
  const { from, [measure]: values = [] } = source(state);
  const first = values.findIndex((/** @type {number} */ value) => value > 0);
  const last = Math.min(values.length - 1, Math.floor(((moment(state.now) ?? Infinity) / 1000 - from) / HOUR));
  /** @type {HourCell[][]} */
  const cells = DAYS.map(() =>
    Array.from({ length: 24 }, () => ({ sum: 0, hours: 0, newest: null, minute: new Date(from * 1000).getMinutes() })),
  );
  for (let i = first; i >= 0 && i <= last; i += 1) add(cells, from + i * HOUR, values[i], i === last);
  return {
    measure,
    cells: cells.map((line) =>
      line.map(({ sum, hours, newest, minute }) => ({ mean: hours ? sum / hours : null, hours, newest, minute })),
    ),
  };
}

/** @typedef {{ sum: number, hours: number, newest: number | null, minute: number }} HourCell */

/**
 * Adds an hour to its cell. The hour that is filling counts only where its cell has no other.
 * @param {HourCell[][]} cells
 * @param {number} t
 * @param {number} value
 * @param {boolean} filling
 */
function add(cells, t, value, filling) {
  const at = new Date(t * 1000);
  const cell = cells[(at.getDay() + 6) % 7][at.getHours()];
  if (filling && cell.hours) return;
  cell.sum += value;
  cell.hours += 1;
  if (cell.newest === null || value > 0) cell.minute = at.getMinutes();
  if (value > 0) cell.newest = t;
}

/**
 * @param {State} state
 * @param {string} [measure]
 */
export const sub = (state, measure = "messages") =>
  [
    `${measure} an hour on average${over(rows(state, measure))}${past(rows(state, measure))}`,
    state.heat ? `last 28 days · ${zone(Date.parse(state.now))}` : windowWords(state),
  ].join(" · ");
/**
 * The legend: hours of the week that the time does not contain are grey.
 * @param {Rows} data
 * @param {Look} look
 */
export const key = (data, look) =>
  isEmpty(data) || data.cells.flat().every(({ hours }) => hours)
    ? []
    : [{ sign: "■", name: "not in this time", colour: look["line-1"] }];
/** @param {Rows} data */
export const isEmpty = (data) => data.cells.every((line) => line.every((cell) => !cell.mean));

/**
 * The number of weekdays behind the averages, in words.
 * @param {Rows} options
 */
function over({ cells }) {
  const days = cells
    .flat()
    .map(({ hours }) => hours)
    .filter(Boolean);
  if (!days.length) return "";
  const [low, high] = [Math.min(...days), Math.max(...days)];
  return `, over ${low === high ? low : `${low} to ${high}`} of each weekday`;
}

/**
 * The minute of the cells, in words, where the viewer's hours do not begin with UTC's.
 * @param {Rows} options
 */
const past = ({ cells }) =>
  cells[0][0].minute ? `, hours from :${two(cells[0][0].minute)} to :${two(cells[0][0].minute)}` : "";

/**
 * @param {number} n
 * @param {number} weekday
 */
const times = (n, weekday) => `${n} ${DAYS[weekday]}${n === 1 ? "" : "s"}`;

/** @param {Rows} data */
const write = (data) => (data.measure === "cost" ? cost : count);
/**
 * @param {number} d
 * @param {number} h
 * @param {{ minute: number }} options
 */
const when = (d, h, { minute }) => `${DAYS[d]} ${two(h)}:${two(minute)}–${two((h + 1) % 24)}:${two(minute)}`;

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const trace = {
    type: "heatmap",
    x: Array.from({ length: 24 }, (_, hour) => hour),
    y: DAYS.map((_, i) => i),
    xgap: 2,
    ygap: 2,
    showscale: false,
    text: data.cells.map((line, d) => line.map((cell, h) => words(data, cell, d, h))),
    hovertemplate: "%{text}<extra></extra>",
    hoverongaps: false,
  };
  const known = {
    ...trace,
    z: values(data, (cell) => cell.mean),
    zmin: 0,
    zmax: most(data) || 1,
    colorscale: SHADES.map((share, i) => [share, look.shade(i)]),
  };
  const unknown = {
    ...trace,
    z: values(data, (cell) => (cell.hours ? null : 1)),
    zmin: 0,
    zmax: 1,
    colorscale: [
      [0, look["line-1"]],
      [1, look["line-1"]],
    ],
  };
  const plain = {
    showgrid: false,
    zeroline: false,
    showline: false,
    ticks: "",
    color: look["text-2"],
    tickfont: { size: 11.5, color: look["text-2"] },
  };
  const { minute } = data.cells[0][0];
  const hours = size.width < 480 ? [0, 6, 12, 18] : [0, 3, 6, 9, 12, 15, 18, 21];
  const axes = {
    hovermode: "closest",
    margin: { l: 36, r: 2, t: 6, b: 24 },
    xaxis: {
      ...plain,
      range: [-0.5, 23.5],
      tickvals: hours,
      ticktext: hours.map((hour) => (minute ? `${hour}:${two(minute)}` : `${hour} h`)),
    },
    yaxis: {
      ...plain,
      range: [6.5, -0.5],
      tickvals: DAYS.map((_, i) => i),
      ticktext: DAYS.map((name) => name.slice(0, 2)),
      fixedrange: true,
    },
  };
  return { data: isEmpty(data) ? [known] : [known, unknown], layout: layout(look, size, axes) };
}

/**
 * @param {Rows} data
 * @param {(cell: any) => any} pick
 */
const values = (data, pick) => data.cells.map((line) => line.map(pick));
/** @param {Rows} data */
const most = (data) => data.cells.flat().reduce((top, cell) => Math.max(top, cell.mean ?? 0), 0);

/**
 * @param {Rows} data
 * @param {any} cell
 * @param {number} d
 * @param {number} h
 */
function words(data, cell, d, h) {
  const { mean, hours, newest } = cell;
  if (mean === null) return `${when(d, h, cell)}<br>no ${DAYS[d]} in this time yet`;
  const opens = newest === null ? "" : `<br>click: the sessions of ${day(newest * 1000)}`;
  const rate = `${write(data)(mean)} ${data.measure === "cost" ? "" : `${data.measure} `}an hour`;
  return `${when(d, h, cell)}<br>${rate}, ${hours === 1 ? "on" : "average of"} ${times(hours, d)}${opens}`;
}

/**
 * Where a click leads: the sessions of the newest hour of the cell with any figure.
 * @param {Rows} data
 * @param {Point} point
 */
export function link(data, { index }) {
  const [d, h] = Array.isArray(index) ? index : [Math.floor(index / 24), index % 24];
  const newest = data.cells[d]?.[h]?.newest ?? null;
  return newest === null ? null : sessionsOf(newest, newest + HOUR);
}

/**
 * The busiest and the quietest hour in words.
 * @param {Rows} data
 */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const all = data.cells
    .flatMap((line, d) => line.map((cell, h) => ({ ...cell, d, h })))
    .flatMap((cell) => (cell.mean === null ? [] : [{ ...cell, mean: cell.mean }]));
  const [top, low] = [all.reduce((a, b) => (b.mean > a.mean ? b : a)), all.reduce((a, b) => (b.mean < a.mean ? b : a))];
  const most = `${write(data)(top.mean)} ${data.measure} an hour on average`;
  const busiest = `Busiest is ${when(top.d, top.h, top)} with ${most}`;
  return `${busiest}; quietest is ${when(low.d, low.h, low)} with ${write(data)(low.mean)}.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Hour of the week", `${data.measure[0].toUpperCase()}${data.measure.slice(1)} an hour`, "Weekdays counted"],
  ordered: true,
  write: (value, column) => (column === 1 ? write(data)(value) : count(value)),
  rows: data.cells.flatMap((line, d) => line.map((cell, h) => [when(d, h, cell), cell.mean, cell.hours])),
});
