/** The page of one rule: its form, and the chart on which its threshold is set and tried on the past. */

import { filed } from "../charts/template.js";
import { tuneTable } from "../charts/tune-table.js";
import { count } from "../lib/format.js";
import { rest } from "../lib/rest.js";
import { amount } from "../models/alerts.js";
import { csv } from "../models/figures.js";
import { lacks, unknownFigure } from "../models/rule-form.js";
import { compared, marks, refused, shown, ticks, told, top } from "../models/tuning.js";
import { dataTable } from "../views/data-table.js";
import { byId, element, find, setText } from "../views/dom.js";
import { save as saveFile } from "../views/save.js";
import { tuneChart } from "../views/tune-chart.js";

/**
 * @import { RuleRow } from "../lib/frames.js"
 * @import { Marked, Trial } from "../models/tuning.js"
 * @import { Curve } from "../views/tune-chart.js"
 * @typedef {{ label: string, unit: string, scopes: Record<string, number> }} Figure
 */

const DAYS = 30;
/** Units whose values are short with their unit. */
const WRITTEN = new Set(["s", "share", "US$", "bytes"]);
const NUMBERS = ["threshold", "clear", "window_seconds", "for_seconds", "cooldown_seconds"];
/** @type {Record<string, Figure>} */
const FIGURES = JSON.parse(byId("figures").textContent ?? "{}");
const CHANGED = 409;
const SAVED = "Saved: in force within two seconds.";
const id = byId("tune").dataset.rule ?? "";
const form = byId("rule", HTMLFormElement);
const sure = byId("sure", HTMLDialogElement);
const to = Math.ceil(Date.now() / 1000);
const time = { from: iso(to - DAYS * 86_400), to: iso(to) };

/** @type {Curve} */
let curve = { points: [], width: 1, single: false };
/** @type {Trial | null} */
let tried = null;
/** The saved rule, against which the one of the form is compared. @type {Record<string, unknown> | null} */
let saved = null;
/** @type {Marked[]} */
let marked = [];
let ceiling = 1;
/** The version of the rule that the form began with; null for a new one. @type {number | null} */
let version = null;

/** @param {number} seconds */
function iso(seconds) {
  return new Date(seconds * 1000).toISOString();
}

/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement | HTMLSelectElement} */ (form.elements.namedItem(name));
const figure = () => FIGURES[field("figure").value] ?? { label: "", unit: "", scopes: { all: 60 } };
const unit = () => figure().unit;
const names = () => [...form.querySelectorAll("[data-field]")].map((one) => one.getAttribute("data-field") ?? "");

/** The rule as the form has it. */
function rule() {
  /** @type {Record<string, unknown>} */
  const found = {};
  for (const name of ["name", "figure", "scope", "comparison", "severity", "no_data"]) found[name] = field(name).value;
  for (const name of NUMBERS) if (field(name).value !== "") found[name] = Number(field(name).value);
  if (field("match").value) found.match = field("match").value;
  found.enabled = /** @type {HTMLInputElement} */ (field("enabled")).checked;
  found.receivers = chosen();
  return found;
}

/** The rule as the form has it, with a name. */
const named = () => ({ ...rule(), name: rule().name || "new" });
const chosen = () =>
  [...form.querySelectorAll("[name=receivers]:checked")].map((one) => one.getAttribute("value") ?? "");

/** @param {Record<string, any>} values */
function fill(values) {
  const pick = /** @type {HTMLSelectElement} */ (field("figure"));
  if (unknownFigure(values.figure, FIGURES)) pick.add(new Option(`${values.figure} (not known)`, values.figure));
  pick.value = values.figure;
  scopes();
  for (const [name, value] of Object.entries(values)) {
    const one = form.elements.namedItem(name);
    if (one instanceof HTMLInputElement && one.type === "checkbox" && name === "enabled") one.checked = value;
    else if (one instanceof HTMLInputElement || one instanceof HTMLSelectElement)
      if (one.name !== "receivers") one.value = value ?? "";
  }
}

/** Offers the scopes of the figure, and the window that single values need. */
function scopes() {
  const known = figure().scopes;
  const pick = /** @type {HTMLSelectElement} */ (field("scope"));
  const held = pick.value;
  pick.replaceChildren(...Object.keys(known).map((name) => new Option(name === "all" ? "all" : `each ${name}`, name)));
  pick.value = held in known ? held : Object.keys(known)[0];
  setText(byId("unit"), unit());
}

/** A window that fits the step of the figure and the scope. */
function fitWindow() {
  const step = figure().scopes[field("scope").value];
  const window = Number(field("window_seconds").value);
  if (!step) field("window_seconds").value = field("for_seconds").value = "0";
  else if (window < step || window % step) field("window_seconds").value = String(step === 60 ? 300 : step);
}

/**
 * Shows a refusal at its field, and takes those of other fields away, except that of `kept`.
 * @param {string} title
 * @param {string} [kept]
 */
function refuse(title, kept = "") {
  const [name, words] = title ? refused(title, names()) : ["", ""];
  for (const one of form.querySelectorAll("[data-field]")) {
    if (kept && one.getAttribute("data-field") === kept) continue;
    const isIt = one.getAttribute("data-field") === name && Boolean(name);
    setText(find(one, ".words"), isIt ? words : "");
    one.querySelector("input, select")?.setAttribute("aria-invalid", String(isIt));
  }
  setText(byId("refused"), name ? "" : words);
}

/**
 * Says what the form lacks, at its field. Returns whether it lacks something.
 * @param {boolean} named false where the rule needs no name yet
 */
function incomplete(named) {
  const [name, threshold, clear] = ["name", "threshold", "clear"].map((one) => field(one).value);
  const found = unknownFigure(field("figure").value, FIGURES) ?? lacks({ name, threshold, clear }, named);
  if (found) refuse(found.join(": "), named ? "" : "name");
  return found !== null;
}

/** One request at a time: the last wish of those that came meanwhile follows. */
let busy = false;
let again = false;

async function attempt() {
  if (busy) {
    again = true;
    return;
  }
  if (incomplete(false)) {
    tried = null;
    draw();
    return;
  }
  busy = true;
  const found = await rest("POST", "/rules/backtest", { rule: named(), against: saved, ...time });
  busy = false;
  refuse(found.words, "name");
  tried = found.ok ? found.body : null;
  draw();
  if (again) {
    again = false;
    attempt();
  }
}

const chart = tuneChart(byId("chart"), {
  moved: (value) => {
    field("threshold").value = String(value);
    follow();
  },
  write: (value) => amount(value, unit()),
  ticks: (highest) => ticks(highest, unit()),
  tick: (value) => (WRITTEN.has(unit()) ? amount(value, unit()).replace(/\.0(?= s$)/, "") : count(value)),
});

const drawer = byId("values");
const list = dataTable(drawer);
const table = () => tuneTable(curve, tried, unit(), (value) => amount(value, unit()));

/** Shows the values as a table in the place of the chart, or the chart again. */
function turn() {
  drawer.hidden = !drawer.hidden;
  byId("chart").hidden = !drawer.hidden;
  byId("as-table").setAttribute("aria-pressed", String(!drawer.hidden));
  draw();
}

function file() {
  const { columns, rows } = filed(table());
  saveFile("sbdash-rule-past.csv", csv(columns, rows));
}

/** Moves the line now, and tries the rule. */
function follow() {
  draw();
  attempt();
}

function draw() {
  const threshold = Number(field("threshold").value);
  if (threshold > ceiling) ceiling = top(curve.points, threshold);
  const firings = tried?.firings ?? [];
  byId("chart").classList.toggle("unset", field("threshold").value === "");
  if (!drawer.hidden) list.show(table(), "The last 30 days", () => null);
  chart.show({ curve, from: to - DAYS * 86_400, to, top: ceiling, threshold, firings });
  setText(byId("told"), tried ? told(tried, chosen(), to * 1000) : "");
  setText(byId("compared"), tried ? beside(tried) : "");
  byId("warnings").replaceChildren(...(tried?.words ?? []).map((words) => element("li", { textContent: words })));
  byId("nothing").hidden = curve.points.length > 0;
}

/** The rule with a threshold and a name where they do not matter. */
const sketch = () => ({ threshold: Number(field("clear").value) || 0, ...rule(), name: "new" });

/**
 * What is said beside the firings.
 * @param {Trial} trial
 */
function beside(trial) {
  const cooldowns = { saved: Number(saved?.cooldown_seconds ?? 0), tried: Number(field("cooldown_seconds").value) };
  return [compared(trial), marks(marked, trial, cooldowns), shown(trial)].filter(Boolean).join(" ");
}

/** Reads the past of the figure anew. */
async function reload() {
  if (unknownFigure(field("figure").value, FIGURES)) return attempt();
  const found = await rest("POST", "/rules/history", { rule: { ...sketch(), clear: undefined }, ...time });
  refuse(found.words, "name");
  if (!found.ok) return;
  curve = found.body;
  ceiling = top(curve.points, Number(field("threshold").value));
  await attempt();
}

async function propose() {
  const button = byId("propose", HTMLButtonElement);
  const wanted = Number(byId("per-week", HTMLInputElement).value);
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  setText(byId("proposed"), "Trying thresholds …");
  const found = await rest("POST", "/rules/propose", { rule: sketch(), ...time, per_week: wanted });
  button.disabled = false;
  button.removeAttribute("aria-busy");
  setText(byId("proposed"), found.ok ? found.body.words.join(" ") : "");
  refuse(found.words, "name");
  if (!found.ok) return;
  field("threshold").value = String(found.body.threshold);
  follow();
}

async function save() {
  if (incomplete(true)) {
    find(form, "[aria-invalid=true]", HTMLElement).focus();
    return;
  }
  const done = id ? await rest("PUT", `/rules/${id}`, { ...rule(), version }) : await rest("POST", "/rules", rule());
  refuse(done.words);
  byId("newer").hidden = done.status !== CHANGED;
  if (!done.ok) return;
  if (!id) return window.location.assign(`/alerts/rules/${done.body.id}/#saved`);
  saved = named();
  version = done.body.version;
  byId("back").hidden = false;
  setText(byId("source"), "Values: saved.");
  setText(byId("done"), SAVED);
  attempt();
}

/** Says that the rule was saved, after the page of a new rule has led here. */
function welcome() {
  if (window.location.hash !== "#saved") return;
  window.history.replaceState(null, "", window.location.pathname);
  setText(byId("done"), SAVED);
}

async function back() {
  const done = await rest("DELETE", `/rules/${id}`);
  if (!done.ok) return refuse(done.words);
  if (byId("tune").dataset.shipped) window.location.reload();
  else window.location.assign("/alerts/#rules");
}

/** @param {string[]} held */
async function receivers(held) {
  const found = await rest("GET", "/receivers");
  /** @type {string[]} */
  const names = found.ok ? found.body.receivers.map((/** @type {{ name: string }} */ { name }) => name) : [];
  const boxes = names.map((value) => {
    const box = element("input", { type: "checkbox", name: "receivers", value, checked: held.includes(value) });
    return element("label", { className: "box" }, box, value);
  });
  byId("tells").replaceChildren(...(boxes.length ? boxes : ["No receiver yet."]));
}

async function open() {
  /** @type {RuleRow | null} */
  let known = null;
  if (id) {
    const found = await rest("GET", `/rules/${id}`);
    if (!found.ok) return refuse(found.words);
    known = found.body;
    version = found.body.version;
    fill(found.body);
    byId("back").hidden = found.body.source !== "saved";
    const { source, setting } = found.body;
    setText(byId("source"), source === "setting" ? `The threshold is the setting ${setting}.` : `Values: ${source}.`);
    const listed = await rest("GET", `/alerts?rule=${id}&limit=500`);
    marked = listed.ok ? listed.body.alerts : [];
  } else scopes();
  await receivers(known?.receivers ?? []);
  fitWindow();
  find(form, "[type=submit]", HTMLButtonElement).disabled = false;
  if (known && !unknownFigure(known.figure, FIGURES)) saved = named();
  await reload();
  draw();
  welcome();
}

form.addEventListener("input", ({ target }) => {
  setText(byId("done"), "");
  setText(byId("proposed"), "");
  const name = target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.name : "";
  if (name === "figure") scopes();
  if (name === "figure" || name === "scope") fitWindow();
  if (["figure", "scope", "match", "window_seconds"].includes(name)) reload();
  else if (name === "name") refuse("");
  else follow();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
byId("as-table").addEventListener("click", turn);
byId("as-file").addEventListener("click", file);
byId("propose").addEventListener("click", propose);
byId("newer").addEventListener("click", () => window.location.reload());
byId("back").addEventListener("click", () => sure.showModal());
sure.addEventListener("close", () => sure.returnValue === "yes" && back());
open();
