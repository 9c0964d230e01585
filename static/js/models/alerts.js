/** Alerts, rules, silences and receivers in words, and the columns of their tables. */

import {
  ago,
  bytes,
  capital,
  cost,
  count,
  duration,
  exact,
  known,
  moment,
  plural,
  share,
  UNKNOWN,
} from "../lib/format.js";
import { chartAt } from "./alert-bands.js";

/**
 * @import { AlertRow, Match, ReceiverNow, RuleRow, SilenceRow } from "../lib/frames.js"
 * @import { Act, Cell, Column } from "./types.js"
 * @import { Figure } from "../lib/types.js"
 * @typedef {Record<string, [string, string]>} Figures label and unit of each figure
 * @typedef {{ figures: Figures, admin: boolean, rules: Map<number, RuleRow>, firing: Set<number> }} Known
 */

/** @type {Record<string, string>} */
const EACH = {
  session: "of each session",
  user: "of each user",
  model: "of each model",
  operation: "of each operation",
  source: "of each source",
};
/** @type {Record<string, string>} */
const COMPARISONS = { ">": ">", ">=": "≥", "<": "<", "<=": "≤" };
/** The rules that the preview of a silence names. */
const NAMED = 3;
const RANKS = ["critical", "warning", "notice"];

/**
 * A value with its unit.
 * @param {Figure} value
 * @param {string} unit
 */
export function amount(value, unit) {
  if (!known(value)) return UNKNOWN;
  if (unit === "s") return duration(value);
  if (unit === "share") return share(value);
  if (unit === "US$") return cost(value);
  return unit === "bytes" ? bytes(value) : `${count(value)} ${unit}`;
}

/**
 * The rule as a sentence: "Average response time > 8.0 s for 2 min, 5 min window".
 * @param {RuleRow} rule
 * @param {Figures} figures
 */
export function sentence(rule, figures) {
  const [label, unit] = figures[rule.figure] ?? [rule.figure, ""];
  const whose = rule.match ? `of ${rule.match}` : label.endsWith(rule.scope) ? "" : (EACH[rule.scope] ?? "");
  const held = rule.for_seconds ? ` for ${duration(rule.for_seconds)}` : "";
  const window = rule.window_seconds ? `, ${duration(rule.window_seconds)} window` : "";
  const what = [label, whose].filter(Boolean).join(" ");
  return `${what} ${COMPARISONS[rule.comparison] ?? rule.comparison} ${amount(rule.threshold, unit)}${held}${window}`;
}

/**
 * The peak of an alert against the threshold of its rule.
 * @param {AlertRow} alert
 * @param {Known} about
 */
export function against(alert, { figures, rules }) {
  const [label, unit] = figures[alert.figure] ?? [alert.figure, ""];
  const rule = rules.get(alert.rule);
  const limit = rule ? ` (${COMPARISONS[rule.comparison]} ${amount(rule.threshold, unit)})` : "";
  return `${label}: ${amount(alert.peak, unit)}${limit}`;
}

/**
 * The buttons of an alert.
 * @param {AlertRow} alert
 * @returns {Act[]}
 */
export function acts({ name, state, acknowledged_by: by, marked }) {
  const first = { act: "acknowledge", words: "Acknowledge", label: `Acknowledge: ${name}` };
  return [
    ...(by || state !== "firing" ? [] : [first]),
    { act: "true", words: "True alarm", label: `True alarm: ${name}`, pressed: marked === "true" },
    { act: "false", words: "False alarm", label: `False alarm: ${name}`, pressed: marked === "false" },
  ];
}

/**
 * What a press of one of its buttons has done, for those who do not see it.
 * @param {string} act of the button; "" if it took a mark away
 * @param {string} label of the button
 */
export function done(act, label) {
  const name = label.slice(label.indexOf(": ") + 2);
  if (act === "acknowledge") return `Acknowledged: ${name}.`;
  return act ? `Marked as a ${act} alarm: ${name}.` : `Not marked any more: ${name}.`;
}

/**
 * How an alert ended, or that it goes on.
 * @param {AlertRow} alert
 */
export function lasted({ from, to, withdrawn }) {
  const [start, end] = [moment(from), moment(to)];
  if (start === null || end === null) return "fires";
  const words = end - start < 1 ? "a moment" : duration((end - start) / 1000);
  return withdrawn ? `withdrawn after ${words}` : words;
}

/**
 * Since when an alert fires, or when it began and for how long it fired.
 * @param {AlertRow} alert
 * @param {number} now
 */
export function since(alert, now) {
  if (alert.to === null) return `since ${ago(alert.from, now)}`;
  const length = lasted(alert);
  return `${ago(alert.from, now)}, ${/^\d/.test(length) ? `for ${length}` : length}`;
}

/**
 * Firing alerts, the most severe first.
 * @param {AlertRow[]} alerts
 */
export const ordered = (alerts) =>
  [...alerts].sort((a, b) => RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity) || b.from.localeCompare(a.from));

/**
 * @param {AlertRow} alert
 * @param {Known} about
 */
const scopeCell = (alert, { rules }) => {
  const isSession = rules.get(alert.rule)?.scope === "session";
  const href = isSession && alert.scope ? `/sessions/${encodeURIComponent(alert.scope)}/` : undefined;
  return { text: alert.scope || "all", href };
};

/**
 * The columns of past alerts.
 * @param {Known} about
 * @returns {Column<AlertRow>[]}
 */
export const past = (about) => [
  {
    id: "from",
    name: "Began",
    sort: (row) => row.from,
    value: (row) => row.from,
    cell: (row, now) => ({ text: ago(row.from, now), title: exact(row.from), time: row.from }),
  },
  { id: "severity", name: "Severity", sort: rank, value: (row) => row.severity, cell: severity },
  { id: "rule", name: "Rule", wrap: true, cell: (row) => ({ text: row.name, href: address(row.rule, about) }) },
  { id: "scope", name: "Scope", value: (row) => row.scope, cell: (row) => scopeCell(row, about) },
  {
    id: "peak",
    name: "Peak",
    wrap: true,
    value: (row) => row.peak,
    cell: (row, now) => ({ text: against(row, about), href: chartAt(row, now) }),
  },
  { id: "lasted", name: "Lasted", sort: seconds, cell: (row) => ({ text: lasted(row) }) },
  { id: "by", name: "Acknowledged", optional: true, cell: (row) => ({ text: row.acknowledged_by ?? "" }) },
  { id: "mark", name: "Mark", value: (row) => row.marked, cell: (row) => ({ text: "", acts: acts(row) }) },
];

/** @param {AlertRow} row */
const seconds = (row) => (moment(row.to) ?? 0) - (moment(row.from) ?? 0);
/** @param {{ severity: string }} row */
const rank = ({ severity }) => -RANKS.indexOf(severity);
/**
 * @param {{ severity: string }} row
 * @returns {Cell}
 */
const severity = ({ severity }) => ({ text: severity, state: severity });

/**
 * Where a rule is tuned; undefined where there is none any more, and for those who may not.
 * @param {number} id
 * @param {Known} about
 */
export const address = (id, { admin, rules }) => (admin && rules.has(id) ? `/alerts/rules/${id}/` : undefined);

/**
 * The columns of rules.
 * @param {Known} about
 * @returns {Column<RuleRow>[]}
 */
export const rules = (about) => [
  { id: "name", name: "Rule", wrap: true, cell: (row) => ({ text: row.name, href: address(row.id, about) }) },
  { id: "state", name: "State", wrap: true, cell: (row) => stateOf(row, about) },
  { id: "sentence", name: "Fires if", wrap: true, cell: (row) => ({ text: sentence(row, about.figures) }) },
  { id: "severity", name: "Severity", sort: rank, value: (row) => row.severity, cell: severity },
  { id: "tells", name: "Tells", wrap: true, cell: (row) => ({ text: row.receivers.join(", ") || "nobody" }) },
  { id: "source", name: "Values from", cell: sourceOf },
];

/**
 * @param {RuleRow} rule
 * @param {Known} about
 */
function stateOf({ id, enabled, figure }, { firing, figures }) {
  if (enabled && !Object.hasOwn(figures, figure))
    return { text: `cannot be evaluated: figure ${figure} is not known`, state: "warning" };
  const state = !enabled ? "off" : firing.has(id) ? "firing" : "ok";
  return { text: state, state };
}

/** @param {RuleRow} rule */
function sourceOf({ source, setting }) {
  if (source === "setting") return { text: setting ?? "a setting", title: "The threshold is this setting." };
  return { text: source === "saved" ? "saved" : "shipped with sbdash" };
}

/**
 * What a silence matches, in words.
 * @param {Match} match
 * @param {Known} about
 */
export function matched({ rule, scope, severity }, { rules }) {
  const parts = [
    rule ? (rules.get(rule)?.name ?? `rule ${rule}`) : "",
    scope ? `scope ${scope}` : "",
    severity ? `severity ${severity}` : "",
  ];
  return parts.filter(Boolean).join(", ") || "all alerts";
}

/**
 * The columns of silences.
 * @param {Known} about
 * @returns {Column<SilenceRow>[]}
 */
export const silences = (about) => [
  { id: "match", name: "Silent", wrap: true, cell: (row) => ({ text: matched(row.match, about) }) },
  { id: "state", name: "State", cell: ({ state }) => ({ text: state, state }) },
  { id: "from", name: "From", sort: (row) => row.from, cell: (row, now) => when(row.from, now) },
  { id: "to", name: "Until", sort: (row) => row.to, cell: (row, now) => when(row.to, now) },
  { id: "reason", name: "Reason", wrap: true, optional: true, cell: ({ reason }) => ({ text: reason }) },
  { id: "by", name: "By", cell: ({ by }) => ({ text: by }) },
  ...(about.admin ? [{ id: "end", name: "End", cell: ending }] : []),
];

/** @param {SilenceRow} row */
const ending = ({ id, state }) => ({
  text: "",
  acts: state === "ended" ? [] : [{ act: "end", words: "End now", label: `End silence ${id} now` }],
});

/**
 * @param {string} at
 * @param {number} now
 */
const when = (at, now) => ({ text: ago(at, now), title: exact(at), time: at });

/**
 * The columns of receivers.
 * @param {Known} about
 * @returns {Column<ReceiverNow>[]}
 */
export const receivers = (about) => [
  { id: "name", name: "Receiver", wrap: true, cell: ({ receiver }) => ({ text: receiver.name }) },
  { id: "kind", name: "Kind", cell: ({ receiver }) => ({ text: receiver.kind }) },
  { id: "to", name: "Address", wrap: true, cell: ({ receiver }) => ({ text: receiver.to }) },
  { id: "last", name: "Last message", wrap: true, cell: lastOf },
  ...(about.admin ? [{ id: "test", name: "Test", cell: testing }] : []),
];

/** @param {ReceiverNow} row */
const testing = ({ receiver }) => ({
  text: "",
  acts: [{ act: "test", words: "Send a test", label: `Send a test to ${receiver.name}` }],
});

/**
 * @param {ReceiverNow} row
 * @param {number} now
 * @returns {Cell}
 */
function lastOf({ last }, now) {
  if (!last) return { text: "none yet" };
  const [words, at] = last.state === "sent" ? ["sent", last.sent] : [last.state, last.created];
  const error = last.state !== "sent" && last.error ? `: ${last.error}` : "";
  const flag = last.state === "dead" ? "bad" : undefined;
  return { text: `${capital(words)} ${ago(at, now)}${error}`, title: `${last.rule}, ${exact(at)}`, flag };
}

/**
 * What a silence would have hidden.
 * @param {{ total: number, alerts: AlertRow[] }} found
 */
export function hidden({ total, alerts }) {
  if (!total) return "It would have hidden no alert of the last 30 days.";
  const names = [...new Set(alerts.map(({ name }) => name))];
  const least = total > alerts.length ? "at least " : "";
  const more = names.length > NAMED ? ` and ${least}${names.length - NAMED} more` : "";
  const first = names.slice(0, NAMED).join(", ");
  return `It would have hidden ${plural(total, "alert")} of the last 30 days: ${first}${more}.`;
}
