/** The charts of the overview: exact figures of a small window. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../../../static/js/charts/errors.js";
import { messages } from "../../../static/js/charts/messages.js";
import { response } from "../../../static/js/charts/response.js";
import { sessions } from "../../../static/js/charts/sessions.js";
import { tokens } from "../../../static/js/charts/tokens.js";
import { look, size } from "../look.mjs";

/** Three buckets of a minute; the last is filling. */
const state = {
  range: "15m",
  step: 60,
  from: 600,
  now: new Date(740_000).toISOString(),
  buckets: [
    {
      t: 600,
      messages: { user: 4, assistant: 2 },
      tokens: { "llama3.2": 100, mistral: 50 },
      wait: { p50: 2, p95: 6, p99: 9, count: 100 },
      active: 4,
      started: 1,
      errors: { message: 1, session: 1 },
    },
    {
      t: 660,
      messages: { user: 1 },
      tokens: { mistral: 300 },
      active: 2,
      errors: { operation: 2 },
    },
    { t: 720, messages: { assistant: 1 }, wait: { p50: 3, p95: 3, p99: 3, count: 1 }, active: 1, started: 2 },
  ],
};
const drawn = (chart) => chart.figure(chart.rows(state), look, size);
const cells = (chart) => chart.table(chart.rows(state)).rows.map(([, ...rest]) => rest);

test("messages: by role, a minute; the filling bar is paler, the labels stand at the newest full one", () => {
  const { data, layout } = drawn(messages);
  assert.deepEqual(
    data.map(({ name, y }) => [name, y]),
    [
      ["user", [4, 1, 0]],
      ["assistant", [2, 0, 1]],
    ],
  );
  assert.deepEqual(data[0].marker, { color: "colour(--role-user)", opacity: [1, 1, 0.45] });
  assert.deepEqual(layout.yaxis.range, [0, 8 * 1.012]);
  assert.equal(
    messages.summary(messages.rows(state)),
    "Messages in the window: 5 by user, 3 by assistant; at most 6 a minute, newest 1.",
  );
  assert.deepEqual(cells(messages), [
    [4, 2],
    [1, 0],
    [0, 1],
  ]);
  assert.match(messages.sub(state), /^per minute, by role · last 15 min · /);
});

test("tokens: models in the order of their names, without the bucket that is filling", () => {
  const { data } = drawn(tokens);
  assert.deepEqual(
    data.map(({ name, y, stackgroup }) => [name, y, stackgroup]),
    [
      ["llama3.2", [100, 0], "from 0"],
      ["mistral", [50, 300], "from 0"],
    ],
  );
  assert.equal(
    tokens.summary(tokens.rows(state)),
    "Tokens in the window by model: llama3.2 100, mistral 350; at most 300 a minute.",
  );
});

test("errors: by kind in a fixed order, each with its own pattern", () => {
  const { data } = drawn(errors);
  assert.deepEqual(
    data.map(({ name, y, marker }) => [name, y, marker.color, marker.pattern.shape]),
    [
      ["message", [1, 0, 0], "colour(--error-message)", ""],
      ["operation", [0, 2, 0], "colour(--error-operation)", "/"],
      ["session", [1, 0, 0], "colour(--error-session)", "x"],
    ],
  );
  assert.equal(
    errors.summary(errors.rows(state)),
    "Errors in the window: 1 of kind message, 2 of kind operation, 1 of kind session.",
  );
});

test("errors: a bar leads to what failed so, a bucket without a failure to all of then", () => {
  const rows = errors.rows(state);
  const outcome = (point) => new URLSearchParams(errors.link(rows, point).split("?")[1]).get("outcome");
  assert.deepEqual(
    [
      { curve: 2, index: 0 },
      { curve: 0, index: 0 },
      { curve: 0, index: 2 },
    ].map(outcome),
    ["error", "failing", null],
  );
  assert.equal(errors.link(rows, { curve: 0, index: 9 }), null);
});

test("waits: p50, p95 and p99 with two bands between, unknown where nobody waited", () => {
  const { data, layout } = drawn(response);
  assert.deepEqual(
    data.slice(2).map(({ name, y, line }) => [name, y, line.width]),
    [
      ["p99", [9, null, null], 1.1],
      ["p95", [6, null, 3], 1.6],
      ["p50", [2, null, 3], 2.2],
    ],
  );
  assert.equal(data[0].fillcolor, "colour(--band-outer)");
  assert.equal(layout.yaxis.ticktext.at(-1), "10 s");
  assert.deepEqual(cells(response), [
    [2, 6, 9, 100],
    [null, null, null, 0],
    [3, 3, null, 1],
  ]);
  const { write } = response.table(response.rows(state));
  assert.deepEqual([write(2, 1), write(null, 1), write(2, 4)], ["2.0 s", "–", "2"]);
});

test("waits: the summary says the newest and the worst", () => {
  assert.equal(
    response.summary(response.rows(state)),
    "Newest wait for an answer: half within 3.0 s, 95 of 100 within 3.0 s; the highest p95 in the window was 6.0 s.",
  );
});

test("sessions: a line of the active ones, and below it bars of the new ones", () => {
  const { data } = drawn(sessions);
  assert.deepEqual(
    data.map(({ type, y, yaxis }) => [type, y, yaxis]),
    [
      ["scatter", [4, 2, null], undefined],
      ["bar", [1, 0, 2], "y2"],
    ],
  );
  assert.equal(
    sessions.summary(sessions.rows(state)),
    "2 active sessions at the newest figure, at most 4; 3 new in the window.",
  );
  assert.deepEqual(cells(sessions), [
    [4, 1],
    [2, 0],
    [null, 2],
  ]);
});

test("a click on the waits leads to the slowest answers of then; p99 needs a hundred answers", () => {
  const rows = response.rows(state);
  assert.match(response.link(rows, { index: 1 }), /since=1970-01-01T00%3A11%3A00Z&until=.*&sort=slowest$/);
  assert.equal(response.opens(rows, { index: 1 }), "Slowest answers of this minute →");
  assert.equal(drawn(response).data.at(-1).text[0], "2.0 s · 100 answers");
});

test("an empty window has axes and no labels", () => {
  const none = { ...state, buckets: [] };
  for (const chart of [messages, tokens, errors, response, sessions]) {
    const rows = chart.rows(none);
    assert.equal(chart.isEmpty(rows), true, chart.id);
    assert.deepEqual(chart.figure(rows, look, size).layout.annotations, [], chart.id);
  }
});
