/** The theme button: system, dark, light. Charts are told of a change by an event. */

const KEY = "sbdash.theme";
/** @type {Record<string, string>} */
const WORDS = { system: "as the system", dark: "dark", light: "light" };

/** @param {HTMLElement} button */
export function theme(button) {
  const tell = () => document.dispatchEvent(new CustomEvent("themechange"));
  const chosen = () => document.documentElement.dataset.theme ?? "system";
  const name = () => {
    button.title = `Theme: ${WORDS[chosen()]}`;
    button.setAttribute("aria-label", button.title);
  };
  button.addEventListener("click", () => {
    set(next(chosen()));
    name();
    tell();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  name();
}

/**
 * The next theme. After `system` comes the theme that the system does not have, so that a click is seen.
 * @param {string} now
 */
function next(now) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const order = dark ? ["system", "light", "dark"] : ["system", "dark", "light"];
  return order[(order.indexOf(now) + 1) % 3];
}

/** @param {string} choice */
function set(choice) {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    /* without storage the choice holds for this page alone */
  }
}
