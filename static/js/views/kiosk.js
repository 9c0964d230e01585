/**
 * The wall screen, `?kiosk=1`: the page without menu and controls, for a television. With `&chart=NAME` it shows one
 * chart alone, for a frame in another page. Escape leaves it.
 */

import { read, write } from "../lib/address.js";

/** Returns whether the page is a wall screen. views/early-theme.js marks it before the page is drawn. */
const on = () => document.documentElement.classList.contains("kiosk");

/** Shows the page as a wall screen, or as it was; in a frame of another page it stays one. */
export function turn() {
  if (window.top !== window) return;
  document.documentElement.classList.toggle("kiosk");
  write({ kiosk: on() ? "1" : "", chart: "" });
  if (!on()) document.documentElement.classList.remove("kiosk-chart");
  window.dispatchEvent(new Event("resize"));
}

/** Binds Escape, and shows the chart that the address names. */
export function kiosk() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && on() && !document.querySelector("dialog[open]")) turn();
  });
  const chart = document.getElementById(`chart-${read("chart", "")}`);
  if (!on() || !chart) return;
  document.documentElement.classList.add("kiosk-chart");
  chart.classList.add("kiosk-alone");
}
