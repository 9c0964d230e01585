/** Active sessions, as a line; in a panel below, new sessions, as bars. */

import { count, plural } from "../lib/format.js";
import * as select from "../models/select.js";
import { beforeColumn, beforeLabel, beforeLine } from "./before.js";
import {
  across,
  ceiling,
  largest,
  last,
  layout,
  panels,
  stepWords,
  sum,
  theseWords,
  timeAxis,
  when,
  windowWords,
} from "./template.js";
import { bar, line, paled } from "./traces.js";

/** @import { Chart } from "./types.js" */

/** @type {Chart<ReturnType<typeof select.sessions>>} */
export const sessions = {
  id: "sessions",
  nothing: "No session was active in this window.",
  rows: select.sessions,
  compares: true,
  sub: (state) => `per ${stepWords(state.step)}: with a message, new · ${windowWords(state)}`,
  isEmpty: (data) => !data.active.some(Boolean) && !data.started.some(Boolean),

  opens(data, { index }) {
    const active = data.active[index] ?? null;
    return `${active === null ? "The sessions" : plural(active, "session")} of ${theseWords(data.step)} →`;
  },

  figure(data, look, size) {
    const below = Math.ceil(ceiling(largest(data.started), 2));
    const newest = { name: "active", y: last(data.active) ?? 0, colour: look.active, sign: "━" };
    const started = { name: "new", y: below / 2, colour: look.started, sign: "■" };
    return {
      data: [
        ...beforeLine(data.before, data.times, look, count),
        line({ name: "active", values: data.active }, data.times, look.active, 2, {}),
        bar({ name: "new", values: data.started }, data.times, look.started, {
          yaxis: "y2",
          marker: { color: look.started, opacity: paled(data) },
        }),
      ],
      layout: layout(look, size, {
        xaxis: timeAxis(data.times, data.step, look, size, { anchor: "y2" }),
        ...panels(
          {
            top: ceiling(largest([...data.active, ...(data.before?.values ?? [])]), 4),
            labels: [newest, ...beforeLabel(data.before, look)],
          },
          { top: below, labels: [started] },
          { from: 0.38, to: 0.26, look, size },
        ),
        ...(this.isEmpty(data) && { annotations: [] }),
      }),
    };
  },

  summary(data) {
    const [newest, most] = [count(last(data.active)), count(largest(data.active))];
    const active = `${newest} active sessions at the newest figure, at most ${most}`;
    return `${active}; ${count(sum(data.started))} new in the window.`;
  },

  table: (data) =>
    beforeColumn(
      {
        columns: ["Time", "Active", "New"],
        note: `each ${stepWords(data.step)}`,
        at: data.times,
        write: count,
        rows: across(
          data.times.map((t) => when(t, data.step)),
          data.active,
          data.started,
        ),
      },
      data.before,
    ),
};
