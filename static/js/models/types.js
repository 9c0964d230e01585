/** The types of series, and of tables and their cells. */

/**
 * What a cell says. With `href` it is a link, with `time` a time, with `flag` or `state` a mark.
 * @typedef {object} Cell
 * @property {string} text
 * @property {string} [title]
 * @property {string} [href]
 * @property {string} [flag]
 * @property {string} [state]
 * @property {string} [time]
 */

/**
 * A column of a table. `sort` orders the rows; a file holds `value`, else what `sort` returns, else the text.
 * @typedef {object} Column
 * @property {string} id
 * @property {string} name
 * @property {string} [means] the name of its definition
 * @property {string} [title]
 * @property {boolean} [num]
 * @property {boolean} [wrap]
 * @property {(row: any) => any} [sort]
 * @property {(row: any) => any} [value]
 * @property {(row: any, now: number) => Cell} cell
 */

/** @typedef {{ by: string, down: boolean }} Order the order of a table: a column, and its direction */

/** @typedef {number | null} Value null where a figure is unknown */

/** @typedef {{ name: string, values: any[], total?: number, other?: boolean }} Series */

/**
 * Series over the starts of buckets, epoch seconds; a bucket takes `step` seconds.
 * @typedef {{ times: number[], step: number, series: Series[] }} Lines
 */

export {};
