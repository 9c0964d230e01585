/** The shape of a chart module, and of what it draws. */

/** @import { State } from "../lib/types.js" */

/**
 * A chart module. It is pure: the state of the page becomes rows; rows become a figure for Plotly, a table and words.
 * @template [Rows=any]
 * @typedef {object} Chart
 * @property {string} id the card is `chart-<id>`
 * @property {string} nothing the text where there is nothing to draw
 * @property {(state: State, choice?: any) => Rows} rows
 * @property {(state: State, choice?: any) => string} sub the line under the title: unit, window and zone
 * @property {(rows: Rows) => boolean} isEmpty
 * @property {(rows: Rows, look: Look, size: Size) => PlotlyFigure} figure
 * @property {(rows: Rows) => string} summary one sentence, for screen readers
 * @property {(rows: Rows) => Table} table
 * @property {(rows: Rows, point: Point) => string | null} [link] where a click leads; by default drill()
 * @property {(rows: Rows, look: Look) => Sign[]} [key] the legend; without it the lines carry their names
 * @property {Choice[]} [choices] what the chart can show; the first is shown at first
 */

/** @typedef {{ id: string, name: string }} Choice */

/** @typedef {{ sign: string, name: string, colour: string }} Sign */

/**
 * A point that was clicked: its trace and its index there; or a row of the table, whose number is also the index.
 * @typedef {{ index: any, curve?: any, row?: number }} Point
 */

/**
 * The colours and the font of the page, by the names of the CSS variables.
 * @typedef {Record<string, any> & {
 *   role: (name: string) => string,
 *   error: (name: string) => string,
 *   model: (index: number) => string,
 *   shade: (index: number) => string,
 * }} Look
 */

/** @typedef {{ width: number, height: number, touch?: boolean }} Size pixels; `touch` where the pointer is a finger */

/** @typedef {{ data: any[], layout: any }} PlotlyFigure what Plotly draws */

/**
 * The data of a chart as a table. `write` makes a text of a cell; `ordered` rows stay in their order.
 * @typedef {object} Table
 * @property {string[]} columns
 * @property {any[][]} rows
 * @property {(value: any, column: number) => string} write
 * @property {string} [note]
 * @property {boolean} [ordered]
 */

/** @typedef {{ name: string, y: number, colour: string, sign?: string }} Label the name of a line, at its height */

export {};
