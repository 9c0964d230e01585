/** The page Alerts: those that fire, past ones, rules, silences and receivers; live. */

import { read, write } from "../lib/address.js";
import { live } from "../lib/live.js";
import { rest } from "../lib/rest.js";
import * as alerts from "../models/alerts.js";
import { alarmSwitch } from "../views/alarm-switch.js";
import { blankLine, fillLine } from "../views/alert-line.js";
import { connection } from "../views/connection.js";
import { around, byId, each, find, setText } from "../views/dom.js";
import { silenceForm } from "../views/silence-form.js";
import { sorted } from "../views/sorted.js";

/**
 * @import { AlertRow, RuleRow } from "../lib/frames.js"
 * @import { State } from "../lib/types.js"
 * @import { Known } from "../models/alerts.js"
 */

const PAGE = 50;
const chosen = read("alert", "");

/** @type {Known} */
const known = {
  figures: JSON.parse(byId("figures").textContent ?? "{}"),
  admin: byId("alerts").hasAttribute("data-admin"),
  rules: new Map(),
  firing: new Set(),
};

/** @param {string} words */
function say(words) {
  const said = byId("said");
  said.hidden = !words;
  setText(said, words);
}

/**
 * Sends a change, and says what went wrong.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
async function change(method, path, body) {
  const done = await rest(method, path, body);
  say(done.words);
  if (done.ok) line.again();
  return done;
}

/**
 * Calls act(button, key) for a press of a button of a row.
 * @param {HTMLElement} host
 * @param {(button: HTMLButtonElement, key: string) => Promise<unknown>} act
 */
function pressed(host, act) {
  host.addEventListener("click", async (event) => {
    const button = around(event, "button[data-act]");
    const key = around(event, "[data-key]")?.dataset.key;
    if (!(button instanceof HTMLButtonElement) || !key || button.ariaDisabled) return;
    button.ariaDisabled = "true"; // a disabled button would lose the focus
    await act(button, key);
    button.ariaDisabled = null;
  });
}

/**
 * Acknowledges or marks an alert.
 * @param {HTMLButtonElement} button
 * @param {string} id
 */
async function acted(button, id) {
  const act = button.dataset.act ?? "";
  const as = button.getAttribute("aria-pressed") === "true" ? "" : act;
  const words = alerts.done(as, button.ariaLabel ?? "");
  const sent =
    act === "acknowledge" ? change("POST", `/alerts/${id}/acknowledge`) : change("POST", `/alerts/${id}/mark`, { as });
  setText(byId("heard"), (await sent).ok ? words : "");
}

/** The alert that the address names: read over REST when something changed, unless it fires. */
function linked() {
  const [section, row] = [byId("linked"), blankLine()];
  /** @type {AlertRow | null} */
  let alert = null;
  let words = "";
  let gone = false;
  byId("linked-line").append(row);
  pressed(section, acted);

  async function load() {
    const found = /^\d+$/.test(chosen) ? await rest("GET", `/alerts/${chosen}`) : null;
    gone = !found || found.status === 404;
    if (found?.ok) alert = found.body;
    words = gone ? "There is no such alert any more." : alert ? "" : (found?.words ?? "");
    tick(line.now());
  }

  /** @param {number} now */
  function tick(now) {
    section.hidden = !(alert || words) || alert?.state === "firing";
    row.hidden = !alert;
    setText(byId("linked-none"), words);
    byId("linked-none").hidden = !words;
    if (alert) fillLine(row, alert, known, now);
  }

  return { load: () => chosen && !gone && load(), tick };
}

/** Past alerts: read over REST when something changed, and page by page. */
function pastAlerts() {
  const one = linked();
  const list = sorted(byId("past-table"), "past", "", {
    columns: alerts.past(known),
    key: (row) => String(row.id),
    caption: "Past alerts",
    file: "sbdash-alerts",
    none: "No alert has ended yet.",
  });
  const [pick, older] = [byId("of-rule", HTMLSelectElement), byId("older")];
  /** @type {AlertRow[]} */
  let rows = [];
  /** @type {string | null} */
  let next = null;
  let changed = -1;

  /** @param {string} before */
  async function load(before) {
    const rule = pick.value ? `&rule=${pick.value}` : "";
    const found = await rest("GET", `/alerts?state=past&limit=${PAGE}${rule}${before ? `&before=${before}` : ""}`);
    if (!found.ok) return say(found.words);
    rows = before ? [...rows, ...found.body.alerts] : found.body.alerts;
    next = found.body.next;
    older.hidden = !next;
    tick(line.now());
  }

  /** @param {number} now */
  function tick(now) {
    if (changed < 0) return;
    list.show(rows, now);
    one.tick(now);
    mark();
  }

  function mark() {
    for (const row of byId("past-table").querySelectorAll("tr[data-key]"))
      row.classList.toggle("chosen", row.getAttribute("data-key") === chosen);
  }

  pick.addEventListener("change", () => {
    write({ rule: pick.value });
    load("");
  });
  find(older, "button").addEventListener("click", () => load(next ?? ""));
  pressed(byId("past-table"), acted);

  /** @param {number | undefined} at */
  function hear(at) {
    if (at === undefined || at === changed) return;
    changed = at;
    load("");
    one.load();
  }

  return { hear, tick };
}

/**
 * Fills a choice of rules; the first option stays.
 * @param {HTMLSelectElement} pick
 * @param {RuleRow[]} rules
 * @param {string} wanted
 */
function offer(pick, rules, wanted) {
  const print = rules.map(({ id, name }) => `${id} ${name}`).join("\n");
  if (pick.dataset.print === print) return;
  const held = pick.dataset.print === undefined ? wanted : pick.value;
  pick.dataset.print = print;
  pick.replaceChildren(pick.options[0], ...rules.map(({ id, name }) => new Option(name, String(id))));
  pick.value = rules.some(({ id }) => String(id) === held) ? held : "";
}

function page() {
  const past = pastAlerts();
  const rules = sorted(byId("rules-table"), "rules", "", {
    columns: alerts.rules(known),
    key: (row) => String(row.id),
    caption: "Rules",
    file: "sbdash-rules",
  });
  const silences = sorted(byId("silences-table"), "silences", "", {
    columns: alerts.silences(known),
    key: (row) => String(row.id),
    caption: "Silences",
    file: "sbdash-silences",
    none: "No silence was set.",
  });
  const receivers = sorted(byId("receivers-table"), "receivers", "", {
    columns: alerts.receivers(known),
    key: (row) => row.receiver.name,
    caption: "Receivers",
    file: "sbdash-receivers",
    none: "No receiver yet: alerts are listed here and told to nobody.",
  });
  /** @type {State | null} */
  let painted = null;

  pressed(byId("now"), acted);
  pressed(byId("silences-table"), (_, id) => change("DELETE", `/silences/${id}`));
  pressed(byId("receivers-table"), async (_, name) => {
    setText(byId("tested"), `Sending a test to ${name}…`);
    const done = await rest("POST", `/receivers/${encodeURIComponent(name)}/test`);
    const words = done.words || done.body.error;
    setText(byId("tested"), words ? `The test to ${name} failed: ${words}` : `${name} took the test.`);
  });

  /**
   * @param {State} state
   * @param {number} now
   */
  function paint(state, now) {
    painted = state;
    known.rules = new Map((state.rules ?? []).map((rule) => [rule.id, rule]));
    known.firing = new Set((state.alerts ?? []).map(({ rule }) => rule));
    for (const pick of document.querySelectorAll("#of-rule, #silence [name=rule]"))
      if (pick instanceof HTMLSelectElement) offer(pick, state.rules ?? [], pick.id ? read("rule", "") : "");
    past.hear(state.changed);
    tick(now);
  }

  /** @param {number} now */
  function tick(now) {
    if (!painted) return;
    const found = alerts.ordered(painted.alerts ?? []);
    byId("now").querySelector("li:has(.skeleton)")?.remove();
    each(byId("now"), found, blankLine, (one, alert) => {
      fillLine(one, alert, known, now);
      one.classList.toggle("chosen", String(alert.id) === chosen);
    });
    byId("now-none").hidden = found.length > 0;
    past.tick(now);
    rules.show(painted.rules ?? [], now);
    silences.show(painted.silences ?? [], now);
    receivers.show(painted.receivers ?? [], now);
  }

  return { paint, tick };
}

alarmSwitch(byId("alarms", HTMLFormElement));
const form = document.getElementById("silence");
if (form instanceof HTMLFormElement) silenceForm(form, () => line.again());
const line = live({ connection, subject: () => ({ subscribe: "alerts" }), ...page() });
