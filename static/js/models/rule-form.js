/** What the form of a rule lacks, before it is sent. */

/**
 * Says that a rule cannot be evaluated because this version does not know its figure; null if it does.
 * @param {string} figure
 * @param {Record<string, unknown>} figures
 * @returns {[string, string] | null}
 */
export const unknownFigure = (figure, figures) =>
  Object.hasOwn(figures, figure)
    ? null
    : ["figure", `The rule cannot be evaluated: figure ${figure} is not known. Choose another.`];

/**
 * The field that has to be filled in first, and the words; null if the rule can be sent.
 * @param {{ name: string, threshold: string, clear: string }} values as they are written
 * @param {boolean} named false where the name does not matter yet
 * @returns {[string, string] | null}
 */
export function lacks({ name, threshold, clear }, named) {
  if (named && !name.trim()) return ["name", "Give the rule a name."];
  if (!threshold.trim()) return ["threshold", "Give a threshold."];
  if (!Number.isFinite(Number(threshold))) return ["threshold", "Give a threshold that is a number."];
  return Number.isFinite(Number(clear)) ? null : ["clear", "Give a number, or leave it empty."];
}
