/** Pacing of work: a lowest interval between paints, and one task in each turn of the browser. */

const BETWEEN = 250;

/**
 * @typedef {object} PaceOptions
 * @property {() => boolean} [held] whether painting is paused
 * @property {() => boolean} [hidden]
 * @property {() => number} [now]
 * @property {(run: () => void, ms: number) => unknown} [later]
 */

/**
 * Returns ask(), which runs `paint` at most four times a second, and not while the tab is hidden or `held()` is true.
 * @param {() => void} paint
 * @param {PaceOptions} [options]
 */
export function pace(
  paint,
  { held = () => false, hidden = () => document.hidden, now = Date.now, later = setTimeout } = {},
) {
  let wanted = false;
  /** @type {unknown} */
  let timer = null;
  let before = -Infinity;
  function run() {
    timer = null;
    if (!wanted || hidden() || held()) return;
    wanted = false;
    before = now();
    paint();
  }
  return function ask() {
    wanted = true;
    if (timer === null) timer = later(run, Math.max(0, before + BETWEEN - now()));
  };
}

/**
 * Returns ask(run). It runs one function in each turn of the browser, so that many charts are not one long task.
 * @param {(run: () => void) => unknown} [later]
 */
export function turns(later = (run) => setTimeout(run, 0)) {
  /** @type {Set<() => void>} */
  const waiting = new Set();
  let going = false;
  function step() {
    const [first] = waiting;
    waiting.delete(first);
    going = waiting.size > 0;
    if (going) later(step);
    first();
  }
  return function ask(/** @type {() => void} */ run) {
    waiting.add(run);
    if (going) return;
    going = true;
    later(step);
  };
}
