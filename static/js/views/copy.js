/** Buttons that copy the code beside them. */

/** @import { Dom } from "./dom.js" */

/**
 * Binds each `[data-copy]` under root. Its `[role=status]` shows the result.
 * @param {Dom} root
 */
export function copies(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    const word = button.querySelector("[role=status]");
    button.addEventListener("click", async () => {
      word.textContent = (await copied(button.parentElement.querySelector("code"))) ? "Copied" : "Press Ctrl C";
      setTimeout(() => {
        word.textContent = "Copy";
      }, 2500);
    });
  }
}

/**
 * Copies the text of an element. Without a clipboard (plain http) the text is selected instead.
 * @param {Dom} code
 */
export async function copied(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(code);
    window.getSelection()?.removeAllRanges();
    window.getSelection()?.addRange(range);
    return false;
  }
}
