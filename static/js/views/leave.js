/** Leaves a page whose log-in has ended, in this tab or in another. The page is not shown again. */

import { leaveForLogin } from "../lib/socket.js";

const NAME = "sbdash.log-in";

/**
 * Tells the other tabs that the log-in has ended. The log-in page calls it: nobody who sees it is logged in.
 * @param {{ postMessage: (word: string) => void }} [channel]
 */
export const tellEnded = (channel = new BroadcastChannel(NAME)) => channel.postMessage("ended");

/**
 * @typedef {object} Browser what leaves() uses of the browser
 * @property {import("../lib/socket.js").Place & { replace: (to: string) => void, reload: () => void }} place
 * @property {Pick<BroadcastChannel, "onmessage">} channel
 * @property {Pick<Window, "addEventListener">} page
 * @property {{ hidden: boolean | string }} root
 */

/**
 * Leaves the page when another tab reports the end of the log-in. Asks the server again when the page comes back from
 * the browser's memory.
 * @param {Partial<Browser>} [options]
 */
export function leaves({
  place = window.location,
  channel = new BroadcastChannel(NAME),
  page = window,
  root = document.documentElement,
} = {}) {
  channel.onmessage = () => {
    root.hidden = true;
    leaveForLogin(place);
  };
  page.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    root.hidden = true;
    place.reload();
  });
}
