/** A difference of the consistency check in words: the name of the figure, and its values with all digits. */

import { UNKNOWN } from "../lib/format.js";

/** @typedef {Record<string, [label: string, unit: string]>} FigureNames names and units, as the page was given them */

/**
 * The name of a figure.
 * @param {FigureNames} names
 * @param {string} figure
 */
export const figureName = (names, figure) => names[figure]?.[0] ?? figure.replaceAll("_", " ");

/**
 * A value of a figure, with all digits that tell it from another.
 * @param {FigureNames} names
 * @param {string} figure
 * @param {unknown} given
 */
export function figureValue(names, figure, given) {
  const unit = names[figure]?.[1] ?? "";
  if (given === null || given === undefined) return UNKNOWN;
  if (typeof given === "object") return JSON.stringify(given).replaceAll('"', "").replaceAll(",", ", ");
  if (typeof given !== "number") return String(given);
  if (unit === "time") return new Date(given / 1000).toISOString();
  if (unit === "µs") return `${digits(given / 1e6)} s`;
  if (unit === "US$") return `US$ ${digits(given)}`;
  return unit === "s" ? `${digits(given)} s` : digits(given);
}

/** @param {number} value */
const digits = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 9 });
