/** The lanes of a session's timeline, and what crosses them: gaps, thresholds, start and end. */

import { duration, epoch } from "../lib/format.js";
import { cause } from "./session-words.js";
import { ceiling, countAxis, largest, toMs } from "./template.js";

/**
 * @import { TimedMessage } from "../lib/frames.js"
 * @import { Look } from "./types.js"
 * @import { Rows } from "./session-timeline.js"
 */

/** Seconds without a message from which on a session counts as idle. */
export const IDLE = 300;
const MOST_GAPS = 100;
const MOST_NAMED = 5;
const STRIP = 24;
const TOKENS = 58;
const BETWEEN = 22;
const LETTER = 6.2;
/** @type {[number, string][]} */
const LEVELS = [
  [10, "slow: over 10 s"],
  [30, "very slow: over 30 s"],
];
/** @type {Record<string, string>} */
const NAMES = { errors: "Errors", votes: "Votes", operations: "Operations" };
/** @type {Record<string, string>} */
const SHORT = { errors: "Err", votes: "Votes", operations: "Ops" };

/**
 * The longest gaps between neighbouring messages over `least` seconds: [{start, end}] in epoch seconds, in order.
 * @param {TimedMessage[]} messages
 * @param {number} least
 */
export function idle(messages, least) {
  const times = messages.map((message) => epoch(message.at));
  const found = times
    .slice(1)
    .map((end, i) => ({ start: times[i], end }))
    .filter((gap) => gap.end - gap.start > least);
  if (found.length <= MOST_GAPS) return found;
  return [...found]
    .sort((a, b) => b.end - b.start - (a.end - a.start))
    .slice(0, MOST_GAPS)
    .sort((a, b) => a.start - b.start);
}

/**
 * The tokens that are neither of the prompt nor of the completion.
 * @param {TimedMessage} message
 */
export const nameless = (message) =>
  Math.max(0, (message.tokens ?? 0) - (message.prompt_tokens ?? 0) - (message.completion_tokens ?? 0));

/** @param {Rows} data */
export const failures = (data) => [
  ...data.messages.filter((row) => row.status === "failed"),
  ...data.operations.filter((row) => row.outcome !== "ok"),
];

/**
 * The lanes, and the part of the height of each (0..1 from below). A lane without data is left out.
 * @param {Rows} data
 * @param {{ height: number, width: number }} options
 */
export function lanes(data, { height, width }) {
  const found = { operations: data.operations, votes: data.votes, errors: failures(data) };
  const strips = Object.entries(found).flatMap(([name, rows]) => (rows.length ? [name] : []));
  const tokens = largest(data.messages.map((message) => message.tokens ?? 0));
  const low = strips.length * STRIP;
  const base = low ? low + 12 : 0;
  const middle = tokens ? base + TOKENS : base;
  /** @param {number} px */
  const part = (px) => Math.min(1, px / height);
  const top = ceiling(largest(data.messages.map((message) => message.wait ?? 0)), 2);
  const wait = [tokens ? part(middle + BETWEEN) : part(base), 1];
  const names = width < 560 ? SHORT : NAMES;
  return {
    top,
    tokens: tokens ? { name: "y2", base: part(base), end: part(middle) } : null,
    strip: (/** @type {string} */ name) => strips.indexOf(name),
    lowest: strips.length ? "y3" : tokens ? "y2" : "y",
    axes: (/** @type {Look} */ look) => ({
      yaxis: countAxis(top, look, { unit: " s", range: [-0.06 * top, top * 1.06], domain: wait }),
      ...(tokens && {
        yaxis2: countAxis(ceiling(tokens, 10), look, { ends: true, domain: [part(base), part(middle)] }),
      }),
      ...(strips.length && {
        yaxis3: stripAxis(
          strips.map((name) => names[name]),
          look,
          [0, part(low)],
        ),
      }),
    }),
  };
}

/**
 * @param {string[]} names
 * @param {Look} look
 * @param {number[]} domain
 */
const stripAxis = (names, look, domain) => ({
  domain,
  range: [-0.5, names.length - 0.5],
  tickvals: names.map((_, i) => i),
  ticktext: names,
  fixedrange: true,
  zeroline: false,
  ticks: "",
  showgrid: true,
  gridcolor: look["line-1"],
  tickfont: { size: 11.5, color: look["text-2"] },
});

/**
 * {shapes, annotations} across the lanes. `width` and `height` are the plot's, px; `span` epoch seconds.
 * @param {Rows} data
 * @param {any} options
 */
export function marks(data, { span, look, width, place }) {
  /** @param {number} seconds */
  const px = (seconds) => ((seconds - span[0]) / (span[1] - span[0])) * width;
  const gaps = data.gaps.map((gap) => ({
    ...gap,
    words: `idle ${duration(gap.end - gap.start)}`,
    room: px(gap.end) - px(gap.start),
  }));
  const levels = LEVELS.filter(([seconds]) => place.top > seconds);
  const chosen = data.messages.find((message) => message.id === data.selected);
  return {
    shapes: [
      ...gaps.map((gap) => shade(gap, look)),
      ...levels.map(([seconds]) => threshold(seconds, look)),
      ...data.marks.map((mark) =>
        upright(mark, mark.reason === "error" ? look.critical : look.edge, mark.kind === "started" ? "solid" : "dot"),
      ),
      ...(chosen ? [upright(chosen, look.accent, "solid")] : []),
    ],
    annotations: [
      ...gaps
        .filter((gap) => gap.room > gap.words.length * LETTER + 6)
        .map((gap) =>
          note((gap.start + gap.end) / 2, 1, gap.words, look, {
            yanchor: "top",
            xanchor: "center",
            font: { size: 11, color: look["text-2"] },
          }),
        ),
      ...levels.map(([seconds, name]) => aside(seconds, name, look)),
      ...ends(data.marks, px, width, look),
      ...outliers(data.messages, px, look),
      ...(place.tokens ? [title("Tokens", place.tokens.end, look)] : []),
      title("Wait", 1, look, 1),
    ],
  };
}

/**
 * @param {{ start: number, end: number }} options
 * @param {Look} look
 */
const shade = ({ start, end }, look) => ({
  type: "rect",
  xref: "x",
  yref: "paper",
  x0: toMs(start),
  x1: toMs(end),
  y0: 0,
  y1: 1,
  layer: "below",
  line: { width: 0 },
  fillcolor: look["surface-3"],
  opacity: 0.55,
});

/**
 * @param {number} seconds
 * @param {Look} look
 */
const threshold = (seconds, look) => ({
  type: "line",
  xref: "paper",
  x0: 0,
  x1: 1,
  y0: seconds,
  y1: seconds,
  yref: "y",
  layer: "between",
  line: { color: seconds === 30 ? look.critical : look.warning, width: 1, dash: "dash" },
});

/**
 * @param {any} row
 * @param {string} color
 * @param {string} dash
 */
function upright(row, color, dash) {
  const x = toMs(epoch(row.at));
  return {
    type: "line",
    xref: "x",
    yref: "paper",
    x0: x,
    x1: x,
    y0: 0,
    y1: 1,
    layer: "below",
    line: { color, width: 1.5, dash },
  };
}

/**
 * @param {number} seconds
 * @param {number} y
 * @param {string} text
 * @param {Look} look
 * @param {any} more
 */
const note = (seconds, y, text, look, more) => ({
  xref: "x",
  yref: "paper",
  x: toMs(seconds),
  y,
  text,
  showarrow: false,
  font: { size: 11, color: look["text-1"] },
  borderpad: 1,
  ...more,
});

/**
 * @param {number} seconds
 * @param {string} name
 * @param {Look} look
 */
const aside = (seconds, name, look) => ({
  xref: "paper",
  yref: "y",
  x: 1,
  xanchor: "right",
  y: seconds,
  yanchor: "bottom",
  text: name,
  showarrow: false,
  bgcolor: look["surface-1"],
  borderpad: 1,
  font: { size: 11, color: look["text-2"] },
});

/**
 * The name of a lane, over its upper left corner.
 * @param {string} text
 * @param {number} y
 * @param {Look} look
 * @param {number} [yshift]
 */
const title = (text, y, look, yshift = 1) => ({
  xref: "paper",
  yref: "paper",
  x: 0,
  xanchor: "left",
  y,
  yanchor: "bottom",
  yshift,
  text,
  showarrow: false,
  font: { size: 11, color: look["text-2"] },
});

/**
 * The words of start and end over the plot. The second of two that are near is higher.
 * @param {any[]} rows
 * @param {(seconds: number) => number} px
 * @param {number} width
 * @param {Look} look
 */
function ends(rows, px, width, look) {
  let before = -Infinity;
  return rows.map((mark) => {
    const [seconds, words] = [epoch(mark.at), cause(mark)];
    const at = px(seconds);
    const high = at - before < 150;
    before = at;
    const right = at > width / 2;
    return note(seconds, 1, words, look, {
      yanchor: "bottom",
      xanchor: right ? "right" : "left",
      xshift: right ? 3 : at < 50 ? 34 : -3,
      yshift: high ? 15 : 1,
    });
  });
}

/**
 * The names of the outliers with the longest waits, beside their rings, where there is room.
 * @param {TimedMessage[]} messages
 * @param {(seconds: number) => number} px
 * @param {Look} look
 */
function outliers(messages, px, look) {
  const found = messages.filter((message) => message.outlier).sort((a, b) => (b.wait ?? 0) - (a.wait ?? 0));
  /** @type {number[]} */
  const taken = [];
  return found.flatMap((message) => {
    const seconds = epoch(message.at);
    const at = px(seconds);
    if (taken.length >= MOST_NAMED || taken.some((other) => Math.abs(other - at) < 96)) return [];
    taken.push(at);
    const right = at > 90;
    return [
      {
        xref: "x",
        yref: "y",
        x: toMs(seconds),
        y: message.wait ?? 0,
        text: `outlier ${duration(message.wait)}`,
        showarrow: false,
        xanchor: right ? "right" : "left",
        xshift: right ? -12 : 12,
        font: { size: 11, color: look["text-1"] },
        bgcolor: look["surface-1"],
        borderpad: 1,
      },
    ];
  });
}
