/** Buttons that copy the code beside them. */

/** @import { Dom } from "./dom.js" */

/**
 * Every `[data-copy]` under root; its `[role=status]` says what became of it.
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
 * Where the clipboard is refused (plain http), the command is selected instead.
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
