import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, FILE } from "../../../static/js/models/message-columns.js";
import { arrange, sheet } from "../../../static/js/views/table.js";

const NOW = new Date(2026, 10, 22, 15).getTime();
const at = (day, hour) => new Date(2026, 10, day, hour).toISOString();
const OUTLIER = { typical: 2, limit: 8, score: 9.1, rule: "over the limit" };
const message = (id, more = {}) => ({
  id,
  role: "assistant",
  status: "completed",
  at: at(22, 14),
  completed_at: null,
  wait: 4,
  skewed: false,
  tokens: 1200,
  prompt_tokens: 1000,
  completion_tokens: 200,
  cost: 0.013,
  model: "mistral",
  error: null,
  outlier: null,
  ...more,
});
const COLUMNS = columns((id) => `?message=${id}`);
const cells = (row) => Object.fromEntries(COLUMNS.map((column) => [column.id, column.cell(row, NOW)]));

test("a message of today has its time, an older one its date too, and both lead to the timeline", () => {
  assert.deepEqual([cells(message("a")).at.text, cells(message("a")).at.href], ["14:00:00", "?message=a"]);
  assert.equal(cells(message("a", { at: at(20, 9) })).at.text, "2026-11-20 09:00:00");
});

test("a wait that clocks disagree about is unknown, and says so", () => {
  const found = cells(message("a", { skewed: true, wait: null })).wait;
  assert.deepEqual([found.text, found.title], ["unknown", "It ended before its question: clocks disagree."]);
  assert.equal(cells(message("a", { wait: 12 })).wait.text, "12.0 s slow");
});

test("an unusually slow answer says how slow it is, and any other nothing", () => {
  const words = (outlier) => cells(message("a", { outlier })).outlier;
  assert.deepEqual(words(OUTLIER), { text: "over the limit", flag: "slow" });
  assert.deepEqual(words(null), { text: "", flag: undefined });
});

test("tokens say their kinds; a message without model or error says so", () => {
  const { tokens, model, error, status } = cells(message("a", { model: null }));
  assert.deepEqual(tokens, { text: "1,200", title: "1,000 prompt, 200 completion" });
  assert.deepEqual([model.text, error.text], ["–", ""]);
  assert.deepEqual(status, { text: "completed", state: "completed" });
});

test("a question has no tokens, cost and model of its own: its cells are empty, not zero", () => {
  const { tokens, cost, model } = cells(message("q", { role: "user", tokens: 0, cost: 0, model: null }));
  assert.deepEqual([tokens.text, tokens.title, cost.text, model.text], ["", "", "", ""]);
  const answer = cells(message("a", { tokens: 0, cost: 0 }));
  assert.deepEqual([answer.tokens.text, answer.cost.text], ["0", "US$ 0"]);
});

test("the outliers sort by their score, and messages that are none come last", () => {
  const [none, low, high] = [
    message("a"),
    message("b", { outlier: OUTLIER }),
    message("c", { outlier: { ...OUTLIER, score: null }, wait: 40 }),
  ];
  assert.deepEqual(arrange([none, low, high], COLUMNS, { by: "outlier", down: true }), [high, low, none]);
});

test("the file has the ids, and values as they are", () => {
  const [names, rows] = sheet(FILE, [message("a", { outlier: OUTLIER })]);
  assert.deepEqual(names, [
    ...["Message", "Time", "Role", "Status", "Wait"],
    ...["Unusually slow", "Tokens", "Cost", "Model", "Error"],
  ]);
  assert.deepEqual(rows, [
    [...["a", at(22, 14), "assistant", "completed", 4], ...["over the limit", 1200, 0.013, "mistral", null]],
  ]);
});
