/** The lanes of a session's timeline, and what crosses them: gaps, thresholds, start and end. */

import { duration, epoch } from "../lib/format.js";
import { cause } from "./session-words.js";
import { axis, ceiling, countAxis, largest, toMs } from "./template.js";

/**
 * @import { Mark, TimedMessage } from "../lib/frames.js"
 * @import { Look, Options } from "./types.js"
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
/** Pixels from the left that the name of a lane takes: the words of a mark there stand above it. */
const OVER_TITLE = 50;
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
const stripAxis = (names, look, domain) =>
  axis(look, {
    domain,
    range: [-0.5, names.length - 0.5],
    tickvals: names.map((_, i) => i),
    ticktext: names,
    showgrid: true,
    gridcolor: look["line-1"],
  });

/**
 * Where the marks stand: `span` in epoch seconds, the plot's width in px.
 * @typedef {{ span: number[], look: Look, width: number, place: ReturnType<typeof lanes> }} Paper
 */

/**
 * {shapes, annotations} across the lanes.
 * @param {Rows} data
 * @param {Paper} paper
 */
export function marks(data, paper) {
  const { look, place } = paper;
  const px = pixels(paper);
  const gaps = data.gaps.map((gap) => ({ ...gap, words: `idle ${duration(gap.end - gap.start)}` }));
  const levels = LEVELS.filter(([seconds]) => place.top > seconds);
  const chosen = data.messages.find((message) => message.id === data.selected);
  const quiet = { size: 11, color: look["text-2"] };
  return {
    shapes: [
      ...gaps.map(({ start, end }) => ({
        ...{ type: "rect", xref: "x", yref: "paper", x0: toMs(start), x1: toMs(end), y0: 0, y1: 1 },
        ...{ layer: "below", line: { width: 0 }, fillcolor: look["surface-3"], opacity: 0.55 },
      })),
      ...levels.map(([seconds]) => ({
        ...{ type: "line", xref: "paper", x0: 0, x1: 1, y0: seconds, y1: seconds, yref: "y", layer: "between" },
        line: { color: seconds === 30 ? look.critical : look.warning, width: 1, dash: "dash" },
      })),
      ...data.marks.map((mark) =>
        upright(mark, mark.reason === "error" ? look.critical : look.edge, mark.kind === "started" ? "solid" : "dot"),
      ),
      ...(chosen ? [upright(chosen, look.accent, "solid")] : []),
    ],
    annotations: [
      ...gaps
        .filter(({ start, end, words }) => px(end) - px(start) > words.length * LETTER + 6)
        .map(({ start, end, words }) =>
          note(words, look, { x: toMs((start + end) / 2), y: 1, yanchor: "top", xanchor: "center", font: quiet }),
        ),
      ...levels.map(([y, name]) =>
        note(name, look, {
          ...{ xref: "paper", yref: "y", x: 1, xanchor: "right", y, yanchor: "bottom" },
          ...{ bgcolor: look["surface-1"], font: quiet },
        }),
      ),
      ...ends(data.marks, paper),
      ...outliers(data.messages, paper),
      ...(place.tokens ? [title("Tokens", place.tokens.end, look)] : []),
      title("Wait", 1, look),
    ],
  };
}

/**
 * Returns px(seconds), the place of a time from the left.
 * @param {Paper} paper
 * @returns {(seconds: number) => number}
 */
const pixels =
  ({ span: [from, to], width }) =>
  (seconds) =>
    ((seconds - from) / (to - from)) * width;

/**
 * A line from top to bottom.
 * @param {{ at: string | null }} row
 * @param {string} color
 * @param {string} dash
 */
function upright(row, color, dash) {
  const x = toMs(epoch(row.at));
  return {
    ...{ type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, layer: "below" },
    line: { color, width: 1.5, dash },
  };
}

/**
 * Words on the plot; by default at a time `x`, and a part `y` of the height.
 * @param {string} text
 * @param {Look} look
 * @param {Options} more
 */
const note = (text, look, more) => ({
  ...{ xref: "x", yref: "paper", text, showarrow: false, borderpad: 1 },
  font: { size: 11, color: look["text-1"] },
  ...more,
});

/**
 * The name of a lane, over its upper left corner.
 * @param {string} text
 * @param {number} y
 * @param {Look} look
 */
const title = (text, y, look) =>
  note(text, look, {
    ...{ xref: "paper", x: 0, xanchor: "left", y, yanchor: "bottom", yshift: 1 },
    bgcolor: look["surface-1"],
    font: { size: 11, color: look["text-2"] },
  });

/**
 * The words of start and end over the plot. The second of two that are near is higher.
 * @param {Mark[]} rows
 * @param {Paper} paper
 */
function ends(rows, paper) {
  const px = pixels(paper);
  let before = -Infinity;
  return rows.map((mark) => {
    const at = px(epoch(mark.at));
    const high = at < OVER_TITLE || at - before < 150;
    before = high ? -Infinity : at;
    const right = at > paper.width / 2;
    return note(cause(mark), paper.look, {
      ...{ x: toMs(epoch(mark.at)), y: 1, yanchor: "bottom", xanchor: right ? "right" : "left" },
      ...{ xshift: right ? 3 : -3, yshift: high ? 15 : 1 },
    });
  });
}

/**
 * The names of the outliers with the longest waits, beside their rings, where there is room.
 * @param {TimedMessage[]} messages
 * @param {Paper} paper
 */
function outliers(messages, paper) {
  const { look } = paper;
  const px = pixels(paper);
  const found = messages.filter((message) => message.outlier).sort((a, b) => (b.wait ?? 0) - (a.wait ?? 0));
  /** @type {[number, number][]} */
  const taken = [];
  return found.flatMap((message) => {
    const at = px(epoch(message.at));
    const text = `unusual ${duration(message.wait)}`;
    const wide = text.length * LETTER + 20;
    const [from, to] = at > wide ? [at - wide, at + 8] : [at - 8, at + wide];
    if (taken.length >= MOST_NAMED || taken.some(([start, end]) => start < to && from < end)) return [];
    taken.push([from, to]);
    const side = at > wide ? { xanchor: "right", xshift: -12 } : { xanchor: "left", xshift: 12 };
    return [
      note(text, look, {
        ...{ yref: "y", x: toMs(epoch(message.at)), y: message.wait ?? 0, bgcolor: look["surface-1"], ...side },
      }),
    ];
  });
}
