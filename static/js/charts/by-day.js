/** Cost by day: what was reported, and apart from it what the tokens without a cost would have cost elsewhere. */

import { cost } from "../lib/format.js";
import { annotate, margin } from "./labels.js";
import { ceiling, countAxis, DAY, dayAxis, dayWords, inner, largest, layout, windowWords } from "./template.js";

export const id = "by-day";
export const nothing = "No cost was reported in this time, and no token has a price.";
export const sub = (state) =>
  `US$ each day in UTC · reported, and shadow apart · ${windowWords(state).split(" · ")[0]}`;
export const isEmpty = (data) => data.series.every((line) => !line.values.some(Boolean));

const sum = (record) => Object.values(record ?? {}).reduce((total, value) => total + value, 0);

/** Shadow cost is unknown on a day on which tokens were used and none of them has a price. */
function shadow(day) {
  if (Object.keys(day.shadow_cost ?? {}).length) return sum(day.shadow_cost);
  return sum(day.tokens) && !sum(day.cost) ? null : 0;
}

export function rows(state) {
  const days = state.report?.by_day ?? [];
  return {
    times: days.map((day) => day.t),
    step: DAY,
    series: [
      { name: "reported", values: days.map((day) => sum(day.cost)) },
      { name: "shadow", values: days.map(shadow) },
    ],
  };
}

export function figure(data, look, size) {
  const top = ceiling(largest(data.series.flatMap((line) => line.values)), isEmpty(data) ? 1 : 0.0001);
  const signs = data.series.map((line, i) => ({
    name: line.name,
    y: top * (1 - i * 0.01),
    colour: colour(line.name, look),
    sign: i ? "▨" : "■",
  }));
  const axes = {
    barmode: "group",
    bargap: 0.25,
    margin: { r: margin(["reported"], size.width) },
    xaxis: dayAxis(data.times.length ? data.times : [0, DAY], look, size),
    yaxis: dollars(countAxis(top, look)),
    annotations: isEmpty(data) ? [] : annotate(signs, { top, height: inner(size), width: size.width, look }),
  };
  return { data: data.series.map((line) => trace(line, data.times, look)), layout: layout(look, size, axes) };
}

const colour = (name, look) => (name === "reported" ? look.active : look["text-2"]);

/** The unit stands at the top alone: figures of cost are long. */
export const dollars = (axis) => ({
  ...axis,
  ticktext: axis.tickvals.map((value) => cost(value).replace("US$ ", "$")),
});

const trace = (line, times, look) => ({
  type: "bar",
  name: line.name,
  x: times.map((t) => t * 1000),
  y: line.values.map((value) => value || null),
  text: line.values.map(cost),
  textposition: "none",
  hovertemplate: "%{text}",
  marker: {
    color: line.name === "reported" ? colour(line.name, look) : look["surface-1"],
    line: { width: line.name === "shadow" ? 1 : 0, color: look["text-2"] },
    pattern: {
      shape: line.name === "shadow" ? "/" : "",
      fgcolor: look["text-2"],
      bgcolor: "rgba(0,0,0,0)",
      fillmode: "replace",
      size: 5,
      solidity: 0.3,
    },
  },
});

export function summary(data) {
  if (isEmpty(data)) return nothing;
  const [reported, apart] = data.series.map((line) => cost(line.values.reduce((n, value) => n + (value ?? 0), 0)));
  const dearest = cost(largest(data.series[0].values));
  const costs = `Reported cost ${reported}, shadow cost ${apart}`;
  return `${costs} in the time shown; the dearest day was reported with ${dearest}.`;
}

export const table = (data) => ({
  columns: ["Day (UTC)", "Reported cost", "Shadow cost"],
  note: "US$",
  write: cost,
  rows: data.times.map((t, i) => [dayWords(t), ...data.series.map((line) => line.values[i])]),
});
