/** Buttons that copy the code beside them. */

import { find, findAll } from "./dom.js";

/**
 * Binds each `[data-copy]` under root. Its `[role=status]` shows the result.
 * @param {ParentNode} root
 */
export function copies(root) {
  for (const button of findAll(root, "[data-copy]")) {
    const word = find(button, "[role=status]");
    button.addEventListener("click", async () => {
      const code = button.parentElement?.querySelector("code");
      word.textContent = code && (await copied(code)) ? "Copied" : "Press Ctrl C";
      setTimeout(() => {
        word.textContent = "Copy";
      }, 2500);
    });
  }
}

/**
 * Copies the text of an element. Without a clipboard (plain http) the text is selected instead.
 * @param {HTMLElement} code
 */
async function copied(code) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(code);
    window.getSelection()?.removeAllRanges();
    window.getSelection()?.addRange(range);
    return false;
  }
}
