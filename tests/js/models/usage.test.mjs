import assert from "node:assert/strict";
import { test } from "node:test";
import { modelsOf } from "../../../static/js/models/links.js";
import * as usageWords from "../../../static/js/models/usage.js";
import { sheet } from "../../../static/js/views/table.js";
import { nothing, usage } from "../reports.mjs";

test("the figures of a report are dashes where nothing is known, never zeros", () => {
  for (const { value } of [...usageWords.facts(undefined), ...usageWords.dynamics(undefined)]) assert.equal(value, "–");
  const bare = Object.fromEntries(usageWords.facts(nothing(7).usage).map((fact) => [fact.id, fact.value]));
  assert.deepEqual([bare.messages, bare.engagement, bare.shadow_cost, bare.tokens_per_message], ["0", "–", "–", "–"]);
});

test("an estimated cost always says that it is not billed, and by which list", () => {
  assert.match(usageWords.priced(usage(7).prices.version), /^price list version 3, not billed$/);
  assert.match(usageWords.priced(0), /^list prices, not billed$/);
  assert.match(usageWords.priced(undefined), /not billed/);
  assert.match(usageWords.ofModels(usage(7)), /at list prices \(list of 41 models\) · no price for a-model/);
});

test("a table's file holds values as they are, not as they are written", () => {
  const [names, rows] = sheet(usageWords.MODELS, modelsOf(usage(7)));
  assert.equal(names[4], "Tokens");
  assert.equal(typeof rows[0][4], "number");
});

test("no question that waits is called answered", () => {
  const bands = [{ answers: 3 }];
  assert.equal(usageWords.unanswered({ leaving: { unanswered: 0, bands } }), "No ended session ends with a question.");
  assert.equal(usageWords.unanswered({ leaving: { unanswered: 0, bands: [{ answers: 0 }] } }), "");
  assert.match(usageWords.unanswered({ leaving: { unanswered: 1, bands } }), /^1 session ends with a question/);
});
