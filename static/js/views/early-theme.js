/* Sets the chosen theme before the first paint; without a choice the system's own holds. */
(() => {
  try {
    const choice = localStorage.getItem("sbdash.theme");
    if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
  } catch {
    /* storage may be forbidden: the system's theme holds */
  }
})();
if (["", "1"].includes(new URLSearchParams(location.search).get("kiosk") ?? "0"))
  document.documentElement.classList.add("kiosk");
