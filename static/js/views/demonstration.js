/** The badge of a demonstration, and how far its past is filled. */

import { fillingWords } from "../models/demonstration.js";
import { find, setText } from "./dom.js";

const PAUSE = 3000;
/** Failures in a row after which the page asks no more. */
const PATIENCE = 20;

/** @param {HTMLDetailsElement} badge */
export function demonstration(badge) {
  const box = find(badge, ".filling");
  let failures = 0;

  async function ask() {
    try {
      const { filling } = await (await fetch("/demo/")).json();
      failures = 0;
      show(filling);
      if (filling) setTimeout(ask, PAUSE);
    } catch {
      failures += 1;
      if (failures < PATIENCE) setTimeout(ask, PAUSE);
    }
  }

  /** @param {import("../models/demonstration.js").Filling | null} filling */
  function show(filling) {
    box.hidden = !filling;
    const { share, part, words } = filling ? fillingWords(filling) : { share: 1, part: "", words: "" };
    setText(find(badge, "summary .filled"), part);
    setText(find(box, "p"), words);
    find(box, "progress", HTMLProgressElement).value = share;
  }

  if (badge.dataset.filling === "true") ask();
}
