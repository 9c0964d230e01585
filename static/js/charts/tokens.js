/** Tokens a minute by model, as stacked areas. */

import { count } from "../lib/format.js";
import * as select from "../models/select.js";
import { beforeColumn, beforeLabel, beforeLine } from "./before.js";
import { marks } from "./colours.js";
import { middles, safe } from "./labels.js";
import {
  ceiling,
  countAxis,
  labelled,
  largest,
  layout,
  overTime,
  sums,
  timeAxis,
  toMs,
  windowWords,
} from "./template.js";
import { alone, runs } from "./traces.js";

/**
 * @import { Lines, Value } from "../models/types.js"
 * @import { Chart, Look } from "./types.js"
 */

/** @param {Value} value */
const rate = (value) => `${count(value)} /min`;

/**
 * The areas of a stretch without a gap, one above the other.
 * @param {Lines} data
 * @param {[number, number]} stretch
 * @param {{ index: number, pattern: string }[]} found
 * @param {Look} look
 */
function stack(data, [from, to], found, look) {
  const x = data.times.slice(from, to + 1).map(toMs);
  return data.series.map((line, i) => {
    const values = line.values.slice(from, to + 1);
    const colour = look.model(found[i].index);
    return {
      type: "scatter",
      mode: "lines+markers",
      stackgroup: `from ${from}`,
      name: safe(line.name),
      x,
      y: values,
      text: values.map(rate),
      line: { width: 0.8, color: colour },
      marker: { size: alone(values), color: colour, opacity: 1, line: { width: 0 } },
      fillcolor: colour,
      fillpattern: {
        shape: found[i].pattern,
        fgcolor: colour,
        bgcolor: "rgba(0,0,0,0)",
        fillmode: "replace",
        size: 6,
        solidity: 0.5,
      },
    };
  });
}

/** @type {Chart<Lines>} */
export const tokens = {
  id: "tokens",
  nothing: "No tokens were used in this window.",
  rows: select.tokens,
  compares: true,
  sub: (state) => `per minute, by model · ${windowWords(state)}`,
  isEmpty: (data) => !data.series.length,

  figure(data, look, size) {
    const top = ceiling(largest([...sums(data.series), ...(data.before?.values ?? [])]), 10);
    const found = marks(data.series.map((line) => line.name));
    const stretches = runs(data.series[0]?.values ?? []);
    const newest = stretches.at(-1)?.[1] ?? -1;
    return {
      data: [
        ...stretches.flatMap((stretch) => stack(data, stretch, found, look)),
        ...beforeLine(data.before ?? null, data.times, look, rate),
      ],
      layout: layout(look, size, {
        xaxis: timeAxis(data.times, data.step, look, size),
        yaxis: countAxis(top, look),
        ...labelled(
          [
            ...middles(data.series, newest, (_, i) => look.model(found[i].index)),
            ...beforeLabel(data.before ?? null, look),
          ],
          top,
          look,
          size,
        ),
      }),
    };
  },

  summary(data) {
    const parts = data.series.map((line) => `${line.name} ${count(line.total)}`).join(", ");
    return `Tokens in the window by model: ${parts}; at most ${count(largest(sums(data.series)))} a minute.`;
  },

  table: (data) =>
    beforeColumn(
      overTime(
        data,
        data.series.map((line) => `${line.name} per minute`),
      ),
      data.before ?? null,
    ),
};
