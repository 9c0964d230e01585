/** The button that loads a session's earlier messages, page by page, and its progress. */

import { count } from "../lib/format.js";
import { leaveForLogin } from "../lib/socket.js";
import { find, setText } from "./dom.js";

/**
 * @import { RelatedRows, TimedMessage } from "../lib/frames.js"
 * @typedef {Partial<RelatedRows> & { messages: TimedMessage[], next: string | null }} EarlierPage
 */

/**
 * @typedef {object} EarlierOptions
 * @property {() => { held: number, all: number, cursor: string | null, full: boolean, end: boolean }} held
 * @property {(page: EarlierPage) => void} took
 */

const PAGE = 500;

/**
 * held() returns what the page has now; took(page) is called with each page {messages, …, next}. Returns {show, load}:
 * load() loads one page, and resolves to whether it came.
 * @param {HTMLElement} panel
 * @param {string} session
 * @param {EarlierOptions} options
 */
export function earlier(panel, session, { held, took }) {
  const [button, words] = [find(panel, "button", HTMLButtonElement), find(panel, "[role=status]")];
  let asking = false;
  let said = "";

  function show() {
    const { held: n, all, full, end } = held();
    const left = Math.max(0, all - n);
    panel.hidden = !left && !said;
    button.hidden = !left || full || end;
    button.disabled = asking;
    const rest = full
      ? `${count(n)} are held here; all are in /api/v1/sessions/…/messages`
      : left
        ? `${count(left)} earlier ${left === 1 ? "message is" : "messages are"} not loaded`
        : "all messages are loaded";
    const text = asking ? `Loading ${count(Math.min(PAGE, left))} of ${count(left)} earlier messages…` : said || rest;
    setText(words, text);
  }

  async function load() {
    if (asking) return false;
    asking = true;
    said = "";
    show();
    try {
      const known = held().cursor;
      const first = await page(session, known);
      took(first);
      // The first page holds what is shown already; it names the cursor of the next.
      if (known === null && first.next !== null) took(await page(session, first.next));
      return true;
    } catch (error) {
      said = `They could not be loaded (${error instanceof Error ? error.message : error}). The button tries again.`;
      return false;
    } finally {
      asking = false;
      show();
    }
  }

  button.addEventListener("click", load);
  return { show, load };
}

/**
 * @param {string} session
 * @param {string | null} cursor
 * @returns {Promise<EarlierPage>}
 */
async function page(session, cursor) {
  const asked = new URLSearchParams({ limit: String(PAGE), ...(cursor && { before: cursor }) });
  const answer = await fetch(`/api/v1/sessions/${encodeURIComponent(session)}/timeline?${asked}`, {
    headers: { Accept: "application/json" },
  });
  if (answer.status === 401) leaveForLogin(window.location);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
