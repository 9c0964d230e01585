import assert from "node:assert/strict";
import { test } from "node:test";
import { look as read } from "../../../static/js/charts/colours.js";
import { groups, meant, named, parts, symbol } from "../../../static/js/charts/session-traces.js";

const look = read((name) => `colour(${name})`);
const message = (id, role, status, more = {}) => ({
  id,
  role,
  status,
  at: "2026-11-22T12:00:00Z",
  wait: null,
  ...more,
});
const place = { tokens: null, strip: (name) => ["operations", "votes"].indexOf(name) };

test("messages are grouped by status, then by role, and a group without members is left out", () => {
  const found = groups([
    message("a", "assistant", "completed"),
    message("b", "user", "completed"),
    message("c", "user", "failed"),
  ]);
  assert.deepEqual(
    found.map((group) => named(group.role, group.status)),
    ["user", "assistant", "user, failed"],
  );
});

test("a symbol tells role and status apart without colour", () => {
  assert.deepEqual(
    [symbol("user", "completed"), symbol("user", "pending"), symbol("user", "failed"), symbol("assistant", "failed")],
    ["circle", "circle-open", "x-thin-open", "x"],
  );
});

test("a mark belongs to its message: its own id, a vote's message, none of an operation", () => {
  assert.equal(meant(message("a", "user", "completed")), "a");
  assert.equal(meant({ value: "up", message_id: "b" }), "b");
  assert.equal(meant({ operation: "search" }), null);
});

test("a trace has as many points as its rows stand for", () => {
  const data = {
    messages: [
      message("a", "user", "completed", { prompt_tokens: 5, completion_tokens: 0, tokens: 5 }),
      message("b", "assistant", "completed", { prompt_tokens: 0, completion_tokens: 7, tokens: 9, wait: 2 }),
    ],
    votes: [{ value: "up", at: "2026-11-22T12:00:01Z", message_id: "b" }],
    operations: [{ operation: "search", outcome: "ok", at: "2026-11-22T12:00:02Z", duration: 1 }],
    marks: [],
    gaps: [],
    selected: "b",
  };
  const drawn = parts(data, { ...place, tokens: { name: "y2", base: 0, end: 0.2 } });
  assert.deepEqual(
    drawn.map((part) => part.draw(look).name),
    [
      "user",
      "assistant",
      "prompt tokens",
      "completion tokens",
      "tokens, kind not told",
      "durations",
      "votes",
      "operations",
      "chosen",
    ],
  );
  for (const part of drawn) assert.equal(part.draw(look).x.length, part.rows.length * part.of, part.draw(look).name);
});
