/** The form of a new silence, and what it would have hidden. */

import { rest } from "../lib/rest.js";
import { hidden } from "../models/alerts.js";
import { byId, find, setText } from "./dom.js";

const HOUR = 3_600_000;

/**
 * Previews each change, and saves. saved() is called afterwards.
 * @param {HTMLFormElement} form
 * @param {() => void} saved
 */
export function silenceForm(form, saved) {
  const words = find(form, ".words");
  let asked = 0;

  const match = () => {
    const { rule, scope, severity } = values(form);
    return { ...(rule && { rule: Number(rule) }), ...(scope && { scope }), ...(severity && { severity }) };
  };

  async function preview() {
    asked += 1;
    const mine = asked;
    const found = await rest("POST", "/silences/preview", { match: match() });
    if (mine === asked) setText(byId("hides"), found.ok ? hidden(found.body) : found.words);
  }

  async function save() {
    const { from, hours, reason } = values(form);
    const begin = from ? new Date(from) : null;
    const to = new Date((begin?.getTime() ?? Date.now()) + Number(hours) * HOUR).toISOString();
    const body = { match: match(), to, reason, ...(begin && { from: begin.toISOString() }) };
    const done = await rest("POST", "/silences", body);
    setText(words, done.words);
    if (!done.ok) return;
    form.reset();
    setText(byId("hides"), "");
    saved();
  }

  form.addEventListener("input", preview);
  form.closest("details")?.addEventListener("toggle", preview);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
}

/**
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
const values = (form) => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
