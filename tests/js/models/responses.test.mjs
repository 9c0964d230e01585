import assert from "node:assert/strict";
import { test } from "node:test";
import * as responsesWords from "../../../static/js/models/responses.js";
import { sheet } from "../../../static/js/views/table.js";
import { NOW, responses } from "../reports.mjs";

test("the figures of a report are dashes where nothing is known", () => {
  for (const report of [undefined, { figures: null }]) {
    for (const { value } of responsesWords.facts(report)) assert.equal(value, "–");
  }
});

test("the verdict has a word, since when, and what it is measured by", () => {
  const change = responsesWords.degradation(responses(7), NOW * 1000);
  assert.equal(change.state, "slower");
  assert.match(change.head, /^Answers are slower since 2026-11-25 \d\d:\d\d \S+/);
  assert.equal(change.share, 1);
  const words = Object.fromEntries(change.facts.map((fact) => [fact.name, fact.words]));
  assert.deepEqual(
    [words["Last 24 h, p50"], words["Same hour last week, p50"], words["Slowdown score"], words.For],
    ["2.3 s", "3.0 s", "7.4 (slower above 5)", "1 h 30 min"],
  );
  assert.deepEqual(
    change.facts.flatMap(({ note }) => note ?? []),
    ["57 % slower now", "20 % slower now"],
  );
  const unknown = responsesWords.degradation(responses(7, "unknown"), NOW * 1000);
  assert.equal(unknown.share, null);
  assert.ok(unknown.facts.filter((fact) => fact.words === "–").length >= 3);
  assert.equal(responsesWords.degradation(undefined, 0), null);
});

test("an outlier leads to its message in its session", () => {
  const [row] = responsesWords.outliers({ outliers: [{ session_id: "a/b", message_id: "m 1" }] });
  assert.equal(row.href, "/sessions/a%2Fb/?message=m%201");
});

test("the file of outliers holds times as they are", () => {
  const [, outliers] = sheet(responsesWords.OUTLIERS, responsesWords.outliers(responses(7)));
  assert.match(outliers[0][1], /^2026-11-25T/);
});

test("the note on outliers counts them, and says when only the slowest are shown", () => {
  const report = (n) => ({ outliers: Array(n).fill({}), rule: "rule" });
  assert.equal(responsesWords.outliersNote(null), "");
  assert.equal(responsesWords.outliersNote(report(1)), "1 answer");
  assert.equal(responsesWords.outliersNote(report(7)), "7 answers");
  assert.equal(responsesWords.outliersNote(report(0)), "none");
  assert.match(responsesWords.outliersNote(report(100)), /^the slowest of each day/);
});
