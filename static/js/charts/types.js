/** The shape of a chart, and of what it draws. */

/**
 * @import { Figure, State } from "../lib/types.js"
 * @import { Colour } from "./colours.js"
 */

/**
 * A chart. It is pure: the state of the page becomes rows; rows become a figure for Plotly, a table and words.
 * `Report` is the part of the page's report that it reads.
 * @template Rows
 * @template [Report=unknown]
 * @typedef {object} Chart
 * @property {string} id the card is `chart-<id>`
 * @property {string} nothing the text where there is nothing to draw
 * @property {(state: State<Report>, choice?: string) => Rows} rows
 * @property {(state: State<Report>, choice?: string) => string} sub the line under the title: unit, window and zone
 * @property {(rows: Rows) => boolean} isEmpty
 * @property {(rows: Rows, look: Look, size: Size) => PlotlyFigure} figure
 * @property {(rows: Rows) => string} summary one sentence, for screen readers, on rows that are not empty
 * @property {(rows: Rows) => Table} table
 * @property {(rows: Rows, point: Point) => string | null} [link] where a click leads; by default drill()
 * @property {(rows: Rows) => Threshold[]} [thresholds] the limits that a setting names
 * @property {boolean} [compares] whether it can show the time before
 * @property {(rows: Rows, point: Point) => string} [opens] the words of that link; by default opens()
 * @property {(rows: Rows, look: Look) => Sign[]} [key] the legend; without it the lines carry their names
 * @property {Choice[]} [choices] what the chart can show; the first is shown at first
 */

/** @typedef {{ id: string, name: string }} Choice */

/** @typedef {{ sign: string, name: string, colour: string }} Sign */

/**
 * A point that was clicked: its trace and its index there; or a row of the table, whose number is also the index.
 * @typedef {{ index: number, curve?: number, row?: number }} Point
 */

/**
 * The colours and the font of the page, by the names of the CSS variables.
 * @typedef {Record<Colour, string> & {
 *   role: (name: string) => string,
 *   error: (name: string) => string,
 *   model: (index: number) => string,
 *   shade: (index: number) => string,
 * }} Look
 */

/** @typedef {{ width: number, height: number, touch?: boolean }} Size pixels; `touch` where the pointer is a finger */

/** @typedef {{ [option: string]: any }} Options an axis, a trace or a layout of Plotly, whose types are not here */

/**
 * A horizontal axis of time: s of both ends, and px of the plot.
 * @typedef {{ start: number, end: number, width: number, height: number }} Axis
 */

/** @typedef {{ data: Options[], layout: Options }} PlotlyFigure what Plotly draws */

/**
 * The data of a chart as a table. `write` makes a text of a figure; `ordered` rows stay in their order. `at` are the
 * times of the rows, s; a file has them, and the `units` of the columns.
 * @typedef {object} Table
 * @property {string[]} columns
 * @property {(string | Figure)[][]} rows
 * @property {(value: Figure, column: number) => string} write
 * @property {string} [note]
 * @property {string[]} [units]
 * @property {number[]} [at]
 * @property {boolean} [ordered]
 */

/**
 * A limit, at a value of the vertical axis; `across`: of the horizontal one.
 * @typedef {{ value: number, words: string, across?: boolean }} Threshold
 */

/** @typedef {{ name: string, words: string, colour: string }} HoverLine a figure under the pointer */

/**
 * The point under the pointer: px in the plot, the time (ms; null without an axis of time), and the words.
 * @typedef {{ x: number, y: number, time: number | null, title: string, lines: HoverLine[] }} Hover
 */

/** @typedef {{ name: string, y: number, colour: string, sign?: string }} Label the name of a line, at its height */

export {};
