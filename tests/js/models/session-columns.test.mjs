import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_ACTIVE, OWN } from "../../../static/js/models/session-columns.js";
import { explained } from "../../../static/js/views/definition.js";
import { arrange, sheet } from "../../../static/js/views/table.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const row = {
  id: "chat/1",
  owner: "falcon-26",
  messages: 12,
  average_response_time: 3.5,
  slowest_response: 9.5,
  response_p95: 16.9,
  tokens: 5194,
  cost: 0.013,
  errors: 2,
  last_message_at: "2026-11-22T11:45:00Z",
  started_at: "2026-11-22T11:30:00Z",
  state: "ended",
  outcome: "timeout",
  duration: 545,
  models: ["mistral", "qwen2.5"],
  messages_in_window: 7,
};
const empty = { ...row, messages: 0, average_response_time: null, response_p95: null, models: [], outcome: "open" };
const cells = (columns, given) => Object.fromEntries(columns.map((column) => [column.id, column.cell(given, NOW)]));
const texts = (columns, given) => columns.map((column) => column.cell(given, NOW).text);

test("the overview's table says of a session what its columns say", () => {
  assert.deepEqual(texts(MOST_ACTIVE, row), [
    ...["chat/1", "falcon-26", "timed out", "7", "12"],
    ...["16.9 s slow", "5,194", "US$ 0.013", "2", "15 min ago"],
  ]);
  assert.deepEqual(
    MOST_ACTIVE.map(({ id }) => id),
    ["id", "owner", "state", "window", "messages", "wait", "tokens", "cost", "errors", "last"],
  );
  assert.equal(cells(MOST_ACTIVE, { ...row, owner: null }).owner.text, "–");
});

test("a person's own table says it with the outcome, and has models and duration", () => {
  assert.deepEqual(texts(OWN, row), [
    ...["chat/1", "timed out", "mistral, qwen2.5", "12", "9.5 s", "3.5 s", "16.9 s slow"],
    ...["5,194", "US$ 0.013", "9 min 5 s", "2", "15 min ago"],
  ]);
  assert.deepEqual([cells(OWN, empty).state.text, cells(OWN, empty).state.state], ["ended", "ended"]);
});

test("a session's row leads to it, and its errors are marked", () => {
  assert.equal(cells(OWN, row).id.href, "/sessions/chat%2F1/");
  assert.deepEqual([cells(OWN, row).errors.flag, cells(OWN, { ...row, errors: 0 }).errors.flag], ["bad", undefined]);
});

test("without messages and answers nothing is zero, and it says why", () => {
  const found = cells(OWN, empty);
  assert.deepEqual([found.duration.text, found.duration.title], ["–", "no message"]);
  assert.deepEqual([found.wait.text, found.wait.title], ["–", "no answered question"]);
  assert.equal(found.models.text, "–");
  assert.equal(cells(OWN, row).wait.title, "");
});

test("the most active sessions keep the server's order: their name does not sort them anew", () => {
  const [quiet, busy] = [{ ...row, messages_in_window: 1 }, row];
  assert.deepEqual(arrange([quiet, busy], MOST_ACTIVE, null), [quiet, busy]);
  assert.deepEqual(arrange([quiet, busy], MOST_ACTIVE, { by: "window", down: true }), [busy, quiet]);
});

test("a column without a name of its own has the label of its definition, which is also in the file", () => {
  const known = new Map([
    ["sessions.tokens", { name: "sessions.tokens", label: "Tokens", words: "Sum of the tokens." }],
  ]);
  const [tokens] = explained(
    OWN.filter(({ id }) => id === "tokens"),
    known,
  );
  assert.deepEqual([tokens.name, tokens.title], ["Tokens", "Sum of the tokens."]);
  assert.deepEqual(sheet([tokens], [row]), [["Tokens"], [[5194]]]);
  const [p95] = explained(
    OWN.filter(({ id }) => id === "p95"),
    known,
  );
  assert.equal(p95.name, "p95 wait");
});
