import assert from "node:assert/strict";
import { test } from "node:test";
import { comparison, facts as mine, nothing, writes } from "../../../static/js/models/mine.js";

test("my own figures: unknown is a dash, and the shadow cost stands last, apart from the cost", () => {
  assert.ok(mine(null).every((fact) => fact.value === "–"));
  assert.deepEqual(
    mine(null)
      .slice(-2)
      .map((fact) => fact.id),
    ["cost", "shadow_cost"],
  );
  const found = mine({ figures: { shadow_cost: null, cost: 0, engagement: 0.5, response_p50: 2 } });
  assert.deepEqual(
    found.slice(-2).map((fact) => fact.value),
    ["US$ 0", "–"],
  );
});

test("a figure is written by what it is", () => {
  const shown = [
    ["cost_per_session", 0.5],
    ["engagement", 0.25],
    ["error_rate", 0.02],
    ["response_p95", 3],
    ["active_seconds", 90],
    ["tokens_per_message", 12.5],
  ].map(([name, value]) => writes(name)(value));
  assert.deepEqual(shown, ["US$ 0.50", "25 %", "2.0 %", "3.0 s", "1 min 30 s", "13"]);
});

test("what is unknown of mine says why in its note", () => {
  const found = Object.fromEntries(
    mine({ figures: { response_p50: null, engagement: null, active_seconds: 0, errors: 0 } }).map((fact) => [
      fact.id,
      [fact.value, fact.note],
    ]),
  );
  assert.deepEqual(found.response_p50, ["–", "no answered question"]);
  assert.deepEqual(found.engagement, ["–", "no time between messages"]);
  assert.deepEqual(found.errors, ["0", "failed answers and sessions"]);
});

test("a comparison is withheld in words, or says how far mine is from theirs", () => {
  assert.deepEqual(comparison({ comparison: { withheld: "Too few." } }), { words: "Too few.", rows: [] });
  assert.equal(comparison(null), null);
  const found = comparison({
    comparison: {
      people: 5,
      figures: [
        { name: "response_p50", mine: 3, others: 2 },
        { name: "engagement", mine: null, others: 0.5 },
        { name: "cost_per_session", mine: 1, others: null, withheld: true },
      ],
    },
  });
  assert.match(found.words, /^5\+ other people combined; complete days up to yesterday \(UTC\)$/);
  assert.deepEqual(
    found.rows.map((row) => [row.mine, row.others, row.beside]),
    [
      ["3.0 s", "2.0 s", "50 % slower"],
      ["–", "50 %", "–"],
      ["US$ 1.00", "withheld", "–"],
    ],
  );
});

test("who owns nothing is told what to do, who has no sessions yet what will come", () => {
  assert.match(nothing(false, null)[1], /Admin/);
  assert.equal(nothing(true, null), null);
  assert.match(nothing(true, { report: null, sessions: [] })[0], /no sessions yet/);
  assert.match(nothing(true, { report: { figures: {} }, sessions: [] })[0], /no sessions yet/);
  assert.equal(nothing(true, { report: { figures: { messages: 2 } }, sessions: [] }), null);
});
