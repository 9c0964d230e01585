/** Memory and CPU of all processes of sbdash, as they were kept, in two panels. */

import { bytes, percent } from "../lib/format.js";
import { kept } from "../models/kept.js";
import { across, ceiling, largest, last, layout, panels, stepWords, timeAxis, when, windowWords } from "./template.js";
import { line } from "./traces.js";

/**
 * @import { Chart } from "./types.js"
 */

/** @type {Chart<ReturnType<typeof kept>>} */
export const processLoad = {
  id: "process",
  nothing: "Nothing was measured in this time. The first figures come 10 s after a start.",
  rows: kept,
  sub: (state) => `of all processes of sbdash, mean of each ${stepWords(kept(state).step)} · ${windowWords(state)}`,
  isEmpty: (data) => data.memory.every((value) => value === null),
  link: () => null,

  figure(data, look, size) {
    const memory = data.memory.map((value) => (value === null ? null : value / 1e6));
    const cpu = data.cpu.map((value) => (value === null ? null : value * 100));
    const times = data.times.length ? data.times : [0, 60];
    const place = panels(
      {
        top: ceiling(largest(memory), 100),
        labels: [{ name: "memory", y: last(memory) ?? 0, colour: look.active, sign: "━" }],
        axis: { unit: " MB", ends: true },
      },
      {
        top: ceiling(largest(cpu), 10),
        labels: [{ name: "CPU", y: last(cpu) ?? 0, colour: look.started, sign: "━" }],
        axis: { unit: " %" },
      },
      { from: 0.52, to: 0.4, look, size },
    );
    return {
      data: [
        line({ name: "memory", values: memory }, times, look.active, 2, {
          text: data.memory.map(bytes),
        }),
        line({ name: "CPU", values: cpu }, times, look.started, 2, {
          text: data.cpu.map((value) => `${percent(value)} %`),
          yaxis: "y2",
        }),
      ],
      layout: layout(look, size, {
        xaxis: timeAxis(times, data.step, look, size, { anchor: "y2" }),
        ...place,
        margin: { r: place.margin.r + 8 },
        ...(this.isEmpty(data) && { annotations: [] }),
      }),
    };
  },

  summary(data) {
    const memory = `Memory ${bytes(last(data.memory))} now, at most ${bytes(largest(data.memory))}`;
    return `${memory}; CPU ${percent(last(data.cpu))} % of one core now, at most ${percent(largest(data.cpu))} %.`;
  },

  table: (data) => ({
    columns: ["Time", "Memory", "CPU"],
    note: `mean of each ${stepWords(data.step)}`,
    units: ["", "bytes", "share of a core"],
    at: data.times,
    write: (value, column) => (column === 1 ? bytes(value) : `${percent(value)} %`),
    rows: across(
      data.times.map((t) => when(t, data.step)),
      data.memory,
      data.cpu,
    ),
  }),
};
