/** The tooltip of a chart. A click pins it, with a link; Escape, or a click elsewhere, takes it away. */

import { element } from "./dom.js";

/** @import { Hover } from "../charts/types.js" */
/** @typedef {{ words: string, href: string }} Link */

/** The pixels between the pointer and the tooltip, and between the tooltip and the edge of the plot. */
const BESIDE = 14;
const EDGE = 4;

/**
 * Returns {show(hover), pin(hover, link), drop(), pinned()}. dropped() is called when a pinned tooltip is taken away.
 * @param {HTMLElement} plot
 * @param {() => void} dropped
 */
export function tooltip(plot, dropped) {
  const box = element("div", { className: "tip", hidden: true });
  plot.after(box);
  let pinned = false;

  document.addEventListener("pointerdown", ({ target }) => {
    if (pinned && target instanceof Node && !box.contains(target)) drop();
  });
  document.addEventListener("keydown", ({ key }) => {
    if (pinned && key === "Escape") drop();
  });

  function drop() {
    box.hidden = true;
    box.removeAttribute("data-pinned");
    if (!pinned) return;
    pinned = false;
    dropped();
  }

  /** @param {Hover | null} hover */
  function show(hover) {
    if (pinned) return;
    box.hidden = !hover;
    if (hover) fill(hover, null);
  }

  /**
   * @param {Hover} hover
   * @param {Link | null} link
   */
  function pin(hover, link) {
    pinned = true;
    box.hidden = false;
    box.dataset.pinned = "";
    fill(hover, link);
  }

  /**
   * @param {Hover} hover
   * @param {Link | null} link
   */
  function fill({ title, lines, x, y, time }, link) {
    const heading = title ? [element("p", { className: "tip-title", textContent: title })] : [];
    box.replaceChildren(
      ...heading,
      ...lines.map(line),
      ...(link ? [element("a", { className: "tip-link", href: link.href, textContent: link.words })] : []),
    );
    const room = { width: plot.clientWidth, height: plot.clientHeight };
    const [width, height] = [box.offsetWidth, box.offsetHeight];
    const right = x + BESIDE + width <= room.width - EDGE;
    const left = Math.max(EDGE, right ? x + BESIDE : x - BESIDE - width);
    const top = time === null ? y - height - BESIDE : EDGE; // a unified one stays at the top, over no label of the axis
    const shift = [plot.offsetLeft + left, plot.offsetTop + Math.max(EDGE, Math.min(top, room.height - height))];
    box.style.transform = `translate(${shift.map((px) => `${Math.round(px)}px`).join(", ")})`;
  }

  return { show, pin, drop, pinned: () => pinned };
}

/** @param {Hover["lines"][number]} options */
function line({ name, words, colour }) {
  const sign = element("span", { className: "tip-sign", textContent: "■" });
  sign.style.color = colour;
  return element(
    "p",
    {},
    ...(colour ? [sign] : []),
    ...(name ? [`${name} `] : []),
    element("b", { textContent: words }),
  );
}
