/** The types of series, and of tables and their cells. */

/**
 * The content of a cell. With `href` it is a link, with `time` a time, with `flag` or `state` a mark.
 * @typedef {object} Cell
 * @property {string} text
 * @property {string} [title]
 * @property {string} [href]
 * @property {string} [flag]
 * @property {string} [state]
 * @property {string} [time]
 * @property {Act[]} [acts] buttons
 */

/** @typedef {{ act: string, words: string, label: string, pressed?: boolean }} Act a button of a row */

/** @typedef {string | number | null | undefined} Sortable */

/**
 * A column of a table. `sort` orders the rows; a file holds `value`, else what `sort` returns, else the text. A column
 * without a name has the label of its definition.
 * @template Row
 * @typedef {object} Column
 * @property {string} id
 * @property {string} [name]
 * @property {string} [means] the name of its definition
 * @property {string} [title]
 * @property {boolean} [num]
 * @property {boolean} [wrap]
 * @property {boolean} [optional] hidden while no row has anything in it
 * @property {(row: Row) => Sortable} [sort]
 * @property {(row: Row) => Sortable} [value]
 * @property {(row: Row, now: number) => Cell} cell
 */

/** @typedef {{ by: string, down: boolean }} Order the order of a table: a column, and its direction */

/** @typedef {number | null} Value null where a figure is unknown */

/** @typedef {{ name: string, values: Value[] }} Series */

/**
 * The values of the time before, `shift` seconds earlier, at the times of now; null without a comparison.
 * @typedef {{ shift: number, values: Value[] } | null} Before
 */

/** @typedef {{ name: string, values: Value[], total: number, other?: boolean }} Counted counts, with their sum */

/**
 * Counts over the starts of buckets, epoch seconds; a bucket takes `step` seconds, and
 * the last one `fills` while its time is not over.
 * @typedef {{ times: number[], step: number, fills?: boolean, before?: Before, series: Counted[] }} Lines
 */

export {};
