/** Which colour means what: fixed for roles and percentiles, a stable hash into Okabe–Ito for models. */

/** @import { Look } from "./types.js" */

const PALETTE = 7;
const SEED = 0xed1930ea;

/**
 * The look of the page now: every colour a chart uses, read from the CSS variables through read(name).
 * @param {(name: string) => string} read
 * @returns {Look}
 */
export function look(read) {
  /** @param {string[]} names */
  const all = (names) => Object.fromEntries(names.map((name) => [name, read(`--${name}`)]));
  return {
    ...all([
      "surface-1",
      "surface-2",
      "surface-3",
      "text-1",
      "text-2",
      "line-1",
      "line-2",
      "edge",
      "critical",
      "warning",
      "good",
      "accent",
      "p50",
      "p95",
      "p99",
      "band-inner",
      "band-outer",
      "active",
      "started",
      "font",
    ]),
    role: (name) => read(`--role-${name}`),
    error: (name) => read(`--error-${name}`),
    model: (index) => read(`--model-${index}`),
    shade: (index) => read(`--shade-${index}`),
  };
}

/**
 * A model's place in the palette: the same name always the same place. Tags after a colon do not count.
 * @param {string} model
 * @param {number} [seed]
 */
export function place(model, seed = SEED) {
  let hash = seed;
  for (const letter of model.split(":")[0].toLowerCase())
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  hash ^= hash >>> 15;
  return (hash >>> 0) % PALETTE;
}

/**
 * For each model its colour's place, and a pattern for those whose colour another shown model has already.
 * @param {string[]} models
 */
export function marks(models) {
  const used = new Map();
  const shapes = ["", "/", ".", "x", "\\"];
  return models.map((model) => {
    const index = model === "other" ? PALETTE : place(model);
    const before = used.get(index) ?? 0;
    used.set(index, before + 1);
    return { index, pattern: shapes[before % shapes.length] };
  });
}
