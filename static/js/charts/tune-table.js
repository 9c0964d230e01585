/** The past of a rule's figure as a table: its values, and when the rule would have fired. */

import { across, when } from "./template.js";

/**
 * @import { Figure } from "../lib/types.js"
 * @import { Point, Trial } from "../models/tuning.js"
 * @import { Table } from "./types.js"
 */

/**
 * A row for each part of the time in which there was a value. Before the oldest firing that a trial lists, where it
 * lists the newest alone, the others are not known.
 * @param {{ points: Point[], width: number }} curve `width` in s
 * @param {Pick<Trial, "firings" | "total"> | null} trial
 * @param {string} unit
 * @param {(value: Figure) => string} write
 * @returns {Table}
 */
export function tuneTable({ points, width }, trial, unit, write) {
  const times = (trial?.firings ?? []).map(({ from, to }) => [
    Date.parse(from) / 1000,
    to ? Date.parse(to) / 1000 : Infinity,
  ]);
  const at = points.map(([t]) => t);
  const known = !trial ? Infinity : trial.total > times.length ? times[0][0] : -Infinity;
  const fires = at.map((t) => {
    if (times.some(([from, to]) => from < t + width && to >= t)) return "fires";
    return t < known ? "not known" : "";
  });
  const [least, largest] = [1, 2].map((i) => points.map((point) => point[i]));
  return {
    columns: ["Time", "Least", "Largest", "Would have fired"],
    units: ["", unit, unit],
    at,
    write: (value) => write(value),
    rows: across(
      at.map((t) => when(t, Math.max(600, width))),
      least,
      largest,
    ).map((row, i) => [...row, fires[i]]),
  };
}
