/** An alert in one line: its severity, rule, scope and peak, since when, who takes care of it, and its buttons. */

import { exact } from "../lib/format.js";
import { chartAt } from "../models/alert-bands.js";
import * as alerts from "../models/alerts.js";
import { element, find, setData, setLink, setText } from "./dom.js";
import { buttons } from "./table.js";

/**
 * @import { AlertRow } from "../lib/frames.js"
 * @import { Known } from "../models/alerts.js"
 */

/** A new line, for fillLine(). */
export const blankLine = () =>
  element(
    "li",
    { className: "card one" },
    element("span", { className: "state-word" }),
    element(
      "span",
      { className: "what" },
      ...[element("strong", { className: "name" }), " ", element("span", { className: "scope" }), " "],
      element("span", { className: "quiet peak" }),
    ),
    element("time", { className: "since" }),
    element("span", { className: "quiet by" }),
    element("span", { className: "acts" }),
  );

/**
 * Fills the line of an alert. Its peak leads to the chart of its figure.
 * @param {HTMLElement} one
 * @param {AlertRow} alert
 * @param {Known} known
 * @param {number} now
 */
export function fillLine(one, alert, known, now) {
  setData(one, "key", String(alert.id));
  setData(one, "severity", alert.severity);
  const word = find(one, ".state-word");
  setData(word, "state", alert.severity);
  setText(word, alert.severity);
  setLink(find(one, ".name"), alert.name, alerts.address(alert.rule, known));
  const isSession = known.rules.get(alert.rule)?.scope === "session";
  setLink(find(one, ".scope"), alert.scope, isSession ? `/sessions/${encodeURIComponent(alert.scope)}/` : undefined);
  setLink(find(one, ".peak"), alerts.against(alert, known), chartAt(alert, now));
  const since = find(one, "time", HTMLTimeElement);
  setText(since, alerts.since(alert, now));
  since.dateTime = alert.from;
  since.title = exact(alert.from);
  setText(find(one, ".by"), alert.acknowledged_by ? `acknowledged by ${alert.acknowledged_by}` : "");
  buttons(find(one, ".acts"), alerts.acts(alert));
}
