/** Memory and CPU of this server process while the page is open, in two panels. */

import { bytes, percent, zone } from "../lib/format.js";
import { annotate, margin } from "./labels.js";
import { ceiling, countAxis, inner, largest, last, layout, timeAxis, toMs, when } from "./template.js";

/**
 * @import { Value } from "../models/types.js"
 * @import { State } from "../lib/types.js"
 * @import { Look, Size, Table } from "./types.js"
 * @typedef {ReturnType<typeof rows>} Rows
 */

const LOWER = 0.4;
const UPPER = 0.52;
const MEGA = 1e6;

export const id = "process";
export const nothing = "Nothing has been measured yet.";
/** @param {State} state */
export const sub = (state) =>
  `memory and CPU of this process, since this page was opened · ${zone(Date.parse(state.now))}`;
/** @param {Rows} data */
export const isEmpty = (data) => !data.times.length;
export const link = () => null;

/** @param {Pick<State, "points">} state */
export const rows = ({ points = [] }) => ({
  times: points.map((point) => point.t),
  memory: points.map((point) => point.memory),
  cpu: points.map((point) => point.cpu),
});

/**
 * @param {Rows} data
 * @param {Look} look
 * @param {Size} size
 */
export function figure(data, look, size) {
  const memory = data.memory.map((value) => (value === null ? null : value / MEGA));
  const cpu = data.cpu.map((value) => (value === null ? null : value * 100));
  const [top, below] = [ceiling(largest(memory), 100), ceiling(largest(cpu), 10)];
  const place = { height: inner(size), width: size.width, look };
  const times = data.times.length ? data.times : [0, 60];
  const span = Math.max(60, times[times.length - 1] - times[0]);
  const axes = {
    margin: { r: margin(["memory"], size.width) + 8 },
    xaxis: timeAxis([times[0], times[0] + span], 1, look, size, { anchor: "y2" }),
    yaxis: countAxis(top, look, { unit: " MB", domain: [UPPER, 1], ends: true }),
    yaxis2: countAxis(below, look, { unit: " %", domain: [0, LOWER], ends: true }),
    annotations: isEmpty(data)
      ? []
      : [
          ...annotate([{ name: "memory", y: last(memory) ?? 0, colour: look.active, sign: "━" }], {
            ...place,
            top,
            base: UPPER,
            share: 1 - UPPER,
          }),
          ...annotate([{ name: "CPU", y: last(cpu) ?? 0, colour: look.started, sign: "━" }], {
            ...place,
            top: below,
            share: LOWER,
          }),
        ],
  };
  const words = { memory: data.memory.map(bytes), cpu: data.cpu.map((value) => `${percent(value)} %`) };
  return {
    data: [
      line("memory", memory, words.memory, data, look.active),
      { ...line("CPU", cpu, words.cpu, data, look.started), yaxis: "y2" },
    ],
    layout: layout(look, size, axes),
  };
}

/**
 * @param {string} name
 * @param {Value[]} values
 * @param {string[]} words
 * @param {Rows} data
 * @param {string} color
 */
const line = (name, values, words, data, color) => ({
  type: "scatter",
  mode: "lines+markers",
  name,
  x: data.times.map(toMs),
  y: values,
  connectgaps: false,
  text: words,
  hovertemplate: "%{text}",
  cliponaxis: false,
  line: { color, width: 2 },
  marker: { size: values.length < 3 ? 6 : 0, color, opacity: 1, line: { width: 0 } },
});

/** @param {Rows} data */
export function summary(data) {
  if (isEmpty(data)) return nothing;
  const memory = `Memory ${bytes(last(data.memory))} now, at most ${bytes(largest(data.memory))}`;
  return `${memory}; CPU ${percent(last(data.cpu))} % of one core now, at most ${percent(largest(data.cpu))} %.`;
}

/**
 * @param {Rows} data
 * @returns {Table}
 */
export const table = (data) => ({
  columns: ["Time", "Memory", "CPU"],
  note: "at the frame",
  write: (value, column) => (column === 1 ? bytes(value) : `${percent(value)} %`),
  rows: data.times.map((t, i) => [when(t, 1), data.memory[i], data.cpu[i]]),
});
