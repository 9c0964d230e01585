/** The processing delay, as a line; in a panel below, what was refused, as bars. */

import { count, duration } from "../lib/format.js";
import { kept } from "../models/kept.js";
import {
  across,
  ceiling,
  largest,
  last,
  layout,
  panels,
  stepWords,
  sum,
  timeAxis,
  when,
  windowWords,
} from "./template.js";
import { bar, line } from "./traces.js";

/** @import { Chart } from "./types.js" */

const REFUSED = /** @type {const} */ (["refused", "rejected", "dropped"]);
const NAMES = { refused: "refused requests", rejected: "rejected events", dropped: "dropped pages" };

/** @type {Chart<ReturnType<typeof kept>>} */
export const delay = {
  id: "delay",
  nothing: "Nothing was measured in this time. The first figures come 10 s after a start.",
  rows: kept,
  sub: (state) => `longest delay, and what was refused, each ${stepWords(kept(state).step)} · ${windowWords(state)}`,
  isEmpty: (data) => !data.times.length,
  link: () => null,

  figure(data, look, size) {
    const times = data.times.length ? data.times : [0, 60];
    const colours = { refused: look.warning, rejected: look.p99, dropped: look.edge };
    const totals = data.times.map((_, i) => sum(REFUSED.map((name) => data[name][i])));
    const below = Math.ceil(ceiling(largest(totals), 4));
    return {
      data: [
        line({ name: "delay", values: data.lag }, times, look.active, 2, {
          text: data.lag.map(duration),
          hovertemplate: "%{text}",
        }),
        ...REFUSED.map((name) => bar({ name: NAMES[name], values: data[name] }, times, colours[name], { yaxis: "y2" })),
      ],
      layout: layout(look, size, {
        barmode: "stack",
        xaxis: timeAxis(times, data.step, look, size, { anchor: "y2" }),
        ...panels(
          {
            top: ceiling(largest(data.lag), 1),
            labels: [{ name: "delay", y: last(data.lag) ?? 0, colour: look.active, sign: "━" }],
            axis: { unit: " s" },
          },
          { top: below, labels: [{ name: "refused", y: below / 2, colour: look.warning, sign: "■" }] },
          { from: 0.42, to: 0.3, look, size },
        ),
        ...(this.isEmpty(data) && { annotations: [] }),
      }),
    };
  },

  summary(data) {
    const most = duration(largest(data.lag));
    const lags = `Processing delay ${duration(last(data.lag))} at the newest figure, at most ${most}`;
    const parts = REFUSED.map((name) => `${count(sum(data[name]))} ${NAMES[name]}`);
    return `${lags}; ${parts.join(", ")} in the window.`;
  },

  table: (data) => ({
    columns: ["Time", "Longest delay", "Refused requests", "Rejected events", "Dropped pages"],
    note: `each ${stepWords(data.step)}`,
    units: ["", "s"],
    at: data.times,
    write: (value, column) => (column === 1 ? duration(value) : count(value)),
    rows: across(
      data.times.map((t) => when(t, data.step)),
      data.lag,
      ...REFUSED.map((name) => data[name]),
    ),
  }),
};
