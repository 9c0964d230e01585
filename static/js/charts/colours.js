/** The colours of charts: fixed for roles and percentiles, a stable hash into Okabe–Ito for models. */

/** @import { Look } from "./types.js" */

const PALETTE = 7;
/** Names that are no model's: both are grey. */
const NEUTRAL = ["other", "unknown"];
const SEED = 0xed1930ea;
const NAMES = /** @type {const} */ ([
  ...["surface-1", "surface-2", "surface-3", "text-1", "text-2", "line-1", "line-2", "edge", "accent", "font"],
  ...["critical", "warning", "notice", "good", "active", "started", "p50", "p95", "p99", "band-inner", "band-outer"],
]);

/** @typedef {(typeof NAMES)[number]} Colour */

/**
 * The colours and the font that charts use. read(name) returns the value of a CSS variable.
 * @param {(name: string) => string} read
 * @returns {Look}
 */
export const look = (read) => ({
  .../** @type {Record<Colour, string>} */ (Object.fromEntries(NAMES.map((name) => [name, read(`--${name}`)]))),
  role: (name) => read(`--role-${name}`),
  error: (name) => read(`--error-${name}`),
  model: (index) => read(`--model-${index}`),
  shade: (index) => read(`--shade-${index}`),
});

/**
 * The place of a model in the palette. It depends on the name alone, without a tag after a colon.
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
 * The place in the palette of each model, and a pattern where an earlier model has the same colour.
 * @param {string[]} models
 */
export function marks(models) {
  const used = new Map();
  const shapes = ["", "/", ".", "x", "\\"];
  return models.map((model) => {
    const index = NEUTRAL.includes(model) ? PALETTE : place(model);
    const before = used.get(index) ?? 0;
    used.set(index, before + 1);
    return { index, pattern: shapes[before % shapes.length] };
  });
}
