/** The chance that an answer is the last of its session, by the wait, with its 95 % interval. */

import { count, percent, share, UNKNOWN } from "../lib/format.js";
import { rangeWords } from "../lib/period.js";
import { sessionsOf } from "../models/links.js";
import { short } from "./distribution.js";
import { ceiling, countAxis, largest, layout, lineAxis } from "./template.js";

/**
 * @import { State } from "../lib/types.js"
 * @import { Band, Usage } from "../lib/frames.js"
 * @import { Chart, Look } from "./types.js"
 * @typedef {Pick<Usage, "leaving">} Report
 */

/**
 * A count in four characters at most, where a label has little room: `143 k`. The tooltip and the table are exact.
 * @param {number} value
 */
const rough = (value) => (value < 1000 ? String(value) : value < 1e6 ? `${Math.round(value / 1000)} k` : count(value));

/** A band with fewer answers has a hollow point. */
const FEW = 20;
const MEANING = "share of answers after which people left, by the wait, with its 95 % interval";

/** @param {State<Report>} state */
function rows({ report }) {
  const { bands = [], from, to, unanswered = null } = report?.leaving ?? {};
  return { bands, unanswered, window: [from, to].map((iso) => (iso === undefined ? null : Date.parse(iso) / 1000)) };
}

/**
 * `2–5 s`, `1 min and more`.
 * @param {{ from: number, to: number | null }} options
 */
export function within({ from, to }) {
  if (to === null) return `${short(from)} and more`;
  /** @param {number} seconds */
  const bare = (seconds) => short(seconds).replace(" s", "");
  return from === 0 ? `under ${short(to)}` : `${bare(from)}–${to < 60 ? bare(to) : "60"} s`;
}

/** @param {Band} options */
const brief = ({ from, to }) => (to === null ? `≥${from}` : from === 0 ? `&lt;${to}` : `${from}–${to}`);

/**
 * The top of the axis. The interval of a band with few answers may exceed it.
 * @param {Band[]} bands
 */
function reach(bands) {
  const known = bands.filter((band) => band.chance !== null);
  const sure = known.filter((band) => band.answers >= FEW);
  return Math.max(
    largest(known.map((band) => band.chance)),
    largest((sure.length ? sure : known).map((band) => band.high)),
  );
}

/**
 * The mark of an interval that ends above the axis: an arrow, with its end.
 * @param {Band} band
 * @param {number} x
 * @param {number} top
 * @param {Look} look
 */
const beyond = ({ high }, x, top, look) =>
  high !== null && high * 100 > top
    ? [
        {
          ...{ xref: "x", yref: "paper", x, y: 1, yanchor: "bottom", showarrow: false },
          text: `↑ ${percent(high)} %`,
          font: { size: 11, color: look["text-2"] },
        },
      ]
    : [];

/** @param {Band} band */
function words(band) {
  const interval = `${percent(band.chance)} % (${percent(band.low)} to ${percent(band.high)} %)`;
  const chance = band.chance === null ? UNKNOWN : interval;
  return `waited ${within(band)}<br>${chance}<br>${count(band.left)} of ${count(band.answers)} answers`;
}

/** @type {Chart<ReturnType<typeof rows>, Report>} */
export const leaving = {
  id: "leaving",
  nothing: "No answers yet whose sessions are over.",
  rows,
  sub: (state) => `${MEANING} · ${rangeWords(state.range)}`,
  isEmpty: (data) => data.bands.every((band) => band.chance === null),

  /** To the sessions of the window, the slowest first for long waits, else the quickest. */
  link(data, { index }) {
    const band = data.bands[index];
    if (!band?.answers) return null;
    const order = band.from >= 5 ? "desc" : "asc";
    return sessionsOf(data.window[0], data.window[1], { sort: "average_response_time", order });
  },

  figure({ bands }, look, size) {
    const tight = size.width < 560;
    const top = Math.min(100, ceiling(reach(bands) * 100, 5));
    /** @param {(band: Band) => number} pick */
    const shares = (pick) => bands.map((band) => (band.chance === null ? null : pick(band) * 100));
    return {
      data: [
        {
          type: "scatter",
          mode: "markers",
          name: "chance",
          x: bands.map((_, i) => i),
          y: shares((band) => band.chance ?? 0),
          cliponaxis: false,
          error_y: {
            type: "data",
            symmetric: false,
            array: shares((band) => Math.min(band.high ?? 0, top / 100) - (band.chance ?? 0)),
            arrayminus: shares((band) => (band.chance ?? 0) - (band.low ?? 0)),
            color: look.edge,
            thickness: 2,
            width: 6,
          },
          text: bands.map(words),
          marker: {
            size: 9,
            symbol: bands.map((band) => (band.answers < FEW ? "circle-open" : "circle")),
            color: look.active,
            line: { width: 2, color: look.active },
          },
        },
      ],
      layout: layout(look, size, {
        hovermode: "closest",
        margin: { b: 42, r: 12, t: 20 },
        yaxis: countAxis(top, look, { unit: " %" }),
        annotations: bands.flatMap((band, i) => beyond(band, i, top, look)),
        xaxis: lineAxis(look, {
          range: [-0.5, bands.length - 0.5],
          tickvals: bands.map((_, i) => i),
          ticktext: bands.map((band) =>
            tight ? `${brief(band)}<br>${rough(band.answers)}` : `${within(band)}<br>n ${count(band.answers)}`,
          ),
          tickfont: { size: tight ? 10 : 11.5, color: look["text-2"] },
          tickangle: 0,
        }),
      }),
    };
  },

  summary({ bands, unanswered }) {
    const known = bands.filter((band) => band.chance !== null);
    const rest = unanswered ? ` ${count(unanswered)} questions that were never answered are not in it.` : "";
    return `${known.map((band) => `Waited ${within(band)}: ${percent(band.chance)} % left`).join("; ")}.${rest}`;
  },

  table: ({ bands }) => ({
    units: ["", "", "", "share", "share", "share"],
    columns: ["Wait", "Answers", "Last of their session", "Chance", "Low (95 %)", "High (95 %)"],
    ordered: true,
    write: (value, column) => (column < 3 ? count(value) : share(value)),
    rows: bands.map((band) => [within(band), band.answers, band.left, band.chance, band.low, band.high]),
  }),
};
