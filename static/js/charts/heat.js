/** Activity by hour of the week, in the viewer's zone: averages over the weeks of the window. */

import { capital, cost, count, day, moment, plural, two, zone } from "../lib/format.js";
import { sessionsOf } from "../models/links.js";
import { axis, largest, layout, windowWords } from "./template.js";

/**
 * @import { Hours } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Chart, Look } from "./types.js"
 * @typedef {"messages" | "tokens" | "cost"} Measure
 * @typedef {{ hours: Hours }} Report
 * @typedef {ReturnType<typeof rows>} Rows
 */

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const HOUR = 3600;
const SHADES = [0, 0.15, 0.4, 0.7, 1];

/**
 * An hour of the week: its average over so many `hours`, and the newest of them with any figure. It begins at `minute`
 * where the viewer's hours begin at another minute than UTC's.
 * @typedef {{ mean: number | null, hours: number, newest: number | null, minute: number }} Cell
 */

/**
 * @param {string} [choice]
 * @returns {Measure}
 */
const measured = (choice) => (choice === "tokens" || choice === "cost" ? choice : "messages");

/**
 * {measure, cells: 7 × 24}: averages per hour, from the first hour with any figure on, of `heat` of the overview (28
 * days) or of `hours` of a report. Hours are counted in UTC.
 * @param {State<Report>} state
 * @param {string} [choice]
 */
function rows(state, choice) {
  const measure = measured(choice);
  const hours = state.heat ?? state.report?.hours;
  const [from, values] = [hours?.from ?? 0, hours?.[measure] ?? []];
  const last = Math.min(values.length - 1, Math.floor(((moment(state.now) ?? Infinity) / 1000 - from) / HOUR));
  /** @type {Cell[][]} */
  const cells = DAYS.map(() =>
    Array.from({ length: 24 }, () => ({
      mean: null,
      hours: 0,
      newest: null,
      minute: new Date(from * 1000).getMinutes(),
    })),
  );
  const first = values.findIndex((value) => value > 0);
  for (let i = first; i >= 0 && i <= last; i += 1) add(cells, from + i * HOUR, values[i], i === last);
  return { measure, cells };
}

/**
 * Adds an hour to its cell. The hour that is filling counts only where its cell has no other.
 * @param {Cell[][]} cells
 * @param {number} t
 * @param {number} value
 * @param {boolean} filling
 */
function add(cells, t, value, filling) {
  const at = new Date(t * 1000);
  const cell = cells[(at.getDay() + 6) % 7][at.getHours()];
  if (filling && cell.hours) return;
  cell.mean = ((cell.mean ?? 0) * cell.hours + value) / (cell.hours + 1);
  cell.hours += 1;
  if (cell.newest === null || value > 0) cell.minute = at.getMinutes();
  if (value > 0) cell.newest = t;
}

/**
 * The number of weekdays behind the averages, and the minute of the cells where it is not zero, in words.
 * @param {Rows} options
 */
function basis({ cells }) {
  const days = cells.flatMap((line) => line.map(({ hours }) => hours)).filter(Boolean);
  const [low, high] = [Math.min(...days), Math.max(...days)];
  const minute = two(cells[0][0].minute);
  const over = days.length ? `, average of ${low === high ? plural(low, "week") : `${low} to ${high} weeks`}` : "";
  return `${over}${minute === "00" ? "" : `, hours from :${minute} to :${minute}`}`;
}

/** @param {Rows} data */
const write = (data) => (data.measure === "cost" ? cost : count);

/**
 * @param {number} d
 * @param {number} h
 * @param {Cell} cell
 */
const when = (d, h, { minute }) => `${DAYS[d]} ${two(h)}:${two(minute)}–${two((h + 1) % 24)}:${two(minute)}`;

/**
 * @param {Rows} data
 * @param {Cell} cell
 * @param {number} d
 * @param {number} h
 */
function words(data, cell, d, h) {
  const { mean, hours } = cell;
  if (mean === null) return `${when(d, h, cell)}<br>no ${DAYS[d]} in this time yet`;
  const rate = `${write(data)(mean)} ${data.measure === "cost" ? "" : `${data.measure} `}an hour`;
  const over = hours === 1 ? `on 1 ${DAYS[d]}` : `average of ${hours} ${DAYS[d]}s`;
  return `${when(d, h, cell)}<br>${rate}, ${over}`;
}

/**
 * The traces: the hours that are known, and in grey those that are not.
 * @param {Rows} data
 * @param {Look} look
 */
function traces(data, look) {
  const trace = {
    type: "heatmap",
    x: Array.from({ length: 24 }, (_, hour) => hour),
    y: DAYS.map((_, i) => i),
    xgap: 2,
    ygap: 2,
    showscale: false,
    text: data.cells.map((line, d) => line.map((cell, h) => words(data, cell, d, h))),
    hoverongaps: false,
    zmin: 0,
  };
  const means = data.cells.map((line) => line.map(({ mean }) => mean));
  const most = largest(means.flat()) || 1;
  const grey = [0, 1].map((share) => [share, look["line-1"]]);
  return [
    {
      ...trace,
      z: means,
      zmax: most,
      colorscale: SHADES.map((share, i) => [share, look.shade(i)]),
      showscale: true,
      colorbar: {
        ...{ thickness: 8, outlinewidth: 0, ypad: 2, xpad: 8, x: 1, ticks: "", tickvals: [0, most] },
        ticktext: ["0", write(data)(most)],
        tickfont: { size: 11.5, color: look["text-2"] },
      },
    },
    { ...trace, z: data.cells.map((line) => line.map(({ hours }) => (hours ? null : 1))), zmax: 1, colorscale: grey },
  ];
}

/** @type {Chart<Rows, Report>} */
export const heat = {
  id: "heat",
  choices: [
    { id: "messages", name: "Messages" },
    { id: "tokens", name: "Tokens" },
    { id: "cost", name: "Cost" },
  ],
  nothing: "Nobody has talked in this time.",
  rows,
  sub: (state, choice) =>
    [
      `${measured(choice)} per hour${basis(rows(state, choice))}`,
      state.heat ? `last 28 days · ${zone(Date.parse(state.now))}` : windowWords(state),
    ].join(" · "),
  isEmpty: (data) => data.cells.every((line) => line.every((cell) => !cell.mean)),

  /** Hours of the week that the time does not contain are grey. */
  key(data, look) {
    const whole = data.cells.every((line) => line.every(({ hours }) => hours));
    return this.isEmpty(data) || whole ? [] : [{ sign: "■", name: "no data", colour: look["line-1"] }];
  },

  /** To the sessions of the newest hour of the cell with any figure. */
  link(data, { index }) {
    const newest = data.cells[Math.floor(index / 24)]?.[index % 24]?.newest ?? null;
    return newest === null ? null : sessionsOf(newest, newest + HOUR);
  },

  /** The day and the hour whose sessions it opens. */
  opens(data, { index }) {
    const newest = data.cells[Math.floor(index / 24)]?.[index % 24]?.newest ?? 0;
    return `The sessions of ${day(newest * 1000)} →`;
  },

  figure(data, look, size) {
    const { minute } = data.cells[0][0];
    const scale = write(data)(largest(data.cells.flat().map(({ mean }) => mean)));
    const hours = size.width < 480 ? [0, 6, 12, 18] : [0, 3, 6, 9, 12, 15, 18, 21];
    return {
      data: traces(data, look).slice(0, this.isEmpty(data) ? 1 : 2),
      layout: layout(look, size, {
        hovermode: "closest",
        margin: { l: 36, r: 30 + Math.ceil(6.9 * scale.length), t: 6, b: 24 },
        xaxis: axis(look, {
          range: [-0.5, 23.5],
          fixedrange: false,
          tickvals: hours,
          ticktext: hours.map((hour) => (minute ? `${hour}:${two(minute)}` : `${hour} h`)),
        }),
        yaxis: axis(look, {
          range: [6.5, -0.5],
          tickvals: DAYS.map((_, i) => i),
          ticktext: DAYS.map((name) => name.slice(0, 2)),
        }),
      }),
    };
  },

  /** The busiest and the quietest hour in words. */
  summary(data) {
    const all = data.cells.flatMap((line, d) =>
      line.flatMap((cell, h) => (cell.mean === null ? [] : [{ mean: cell.mean, words: when(d, h, cell) }])),
    );
    const [top, low] = [
      all.reduce((a, b) => (b.mean > a.mean ? b : a)),
      all.reduce((a, b) => (b.mean < a.mean ? b : a)),
    ];
    const busiest = `${top.words} with ${write(data)(top.mean)} ${data.measure} an hour on average`;
    return `Busiest is ${busiest}; quietest is ${low.words} with ${write(data)(low.mean)}.`;
  },

  table: (data) => ({
    columns: ["Hour of the week", `${capital(data.measure)} per hour`, "Weekdays counted"],
    units: ["", data.measure === "cost" ? "US$" : ""],
    ordered: true,
    write: (value, column) => (column === 1 ? write(data)(value) : count(value)),
    rows: data.cells.flatMap((line, d) => line.map((cell, h) => [when(d, h, cell), cell.mean, cell.hours])),
  }),
};
