import assert from "node:assert/strict";
import { test } from "node:test";
import { look as read } from "../../../static/js/charts/colours.js";
import * as created from "../../../static/js/charts/created.js";
import * as lifetimes from "../../../static/js/charts/lifetimes.js";
import * as days from "../../../static/js/charts/mine-days.js";
import * as rates from "../../../static/js/charts/operations-rates.js";
import * as load from "../../../static/js/charts/process.js";
import * as waits from "../../../static/js/charts/session-waits.js";
import { comparison, facts as mine, nothing, writes } from "../../../static/js/models/mine.js";
import { collect, facts, MOST_POINTS, OPERATIONS, tooLong } from "../../../static/js/models/operations-report.js";

const look = read((name) => `colour(${name})`);
const size = { width: 560, height: 240 };
const now = "2026-11-22T12:00:00Z";
const ended = (closed, timeout = 0, error = 0) => ({ closed, timeout, error });
const operation = (name, more) => ({
  operation: name,
  count: 10,
  ok: 8,
  failed: 2,
  timeout: 0,
  failure_rate: 0.2,
  p50: 0.2,
  p95: 1,
  memory_mean: null,
  cpu_mean: null,
  ...more,
});
const report = {
  days: 7,
  active: 3,
  open: 5,
  ends: ended(4, 2, 1),
  errors: { finished: 200, failed: 3, rate: 0.015 },
  too_long: { limit: 86400, count: 0, sessions: [] },
  created_per_hour: [
    { t: 3600, started: 2, ended: ended(1) },
    { t: 7200, started: 0, ended: ended(0, 2, 1) },
  ],
  lifetimes: {
    count: 9,
    mean: 70,
    p50: 45,
    p90: 200,
    p95: 240,
    histogram: [
      { from: 0, to: 10, count: 1 },
      { from: 10, to: 60, count: 5 },
      { from: 60, to: null, count: 3 },
    ],
  },
  operations: [
    operation("search", {}),
    operation("<b>index</b>", { failed: 0, timeout: 5, failure_rate: 0.5 }),
    operation("quiet", { failed: 0, failure_rate: 0 }),
  ],
};
const state = {
  now,
  report,
  range: "28d",
  points: [
    { t: 100, memory: 2e8, cpu: 0.1 },
    { t: 105, memory: 2.1e8, cpu: 0.4 },
  ],
  session: {
    response_histogram: [
      [0.5, 2],
      [4, 7],
      [41, 1],
    ],
    response_p50: 4,
    response_p95: 41,
  },
};
const none = { now, report: null, range: "28d", points: [], session: null };
const own = {
  ...state,
  report: {
    by_day: [
      { t: 86400, user: 2, assistant: 3, sessions: 1 },
      { t: 172800, user: 0, assistant: 0, sessions: 0 },
    ],
  },
};

test("each chart of the reports draws, tells and lists, full or empty, without a figure that is no number", () => {
  for (const [chart, full] of [
    [created, state],
    [lifetimes, state],
    [rates, state],
    [load, state],
    [waits, state],
    [days, own],
  ]) {
    for (const given of [full, none]) {
      const rows = chart.rows(given);
      const figure = chart.figure(rows, look, size);
      assert.ok(!JSON.stringify(figure).includes("NaN"), chart.id);
      assert.equal(chart.isEmpty(rows), given === none, chart.id);
      assert.match(chart.summary(rows), /^[A-Z0-9<–].*\.$/, chart.id);
      const table = chart.table(rows);
      for (const cells of table.rows) assert.equal(cells.length, table.columns.length, chart.id);
      assert.ok(chart.sub(given).length > 5 && chart.nothing.endsWith("."), chart.id);
    }
  }
});

test("a session's waits are bars of one width without a gap, and none is lost", () => {
  const bars = waits.bars([
    [0.5, 2],
    [4, 7],
    [41, 1],
    [0, 1],
  ]);
  assert.equal(
    bars.reduce((n, bar) => n + bar.count, 0),
    11,
  );
  for (const [i, bar] of bars.slice(1).entries()) assert.ok(Math.abs(bar.from - bars[i].to) < 1e-9);
  assert.deepEqual(waits.bars([]), []);
});

test("a bar of a session's waits begins and ends where a bucket does, so that no bucket is cut", () => {
  const middle = (bucket) => (bucket ? 0.001 * 1.02 ** (bucket - 0.5) : 0);
  for (let bucket = 0; bucket < 900; bucket += 1) {
    const [bar] = waits.bars([[middle(bucket), 1]]);
    assert.ok(bar.to > 0.001 * 1.02 ** bucket * (1 - 1e-9), `bucket ${bucket} ends in its bar`);
    assert.ok(
      bucket === 0 || bar.from < 0.001 * 1.02 ** (bucket - 1) * (1 + 1e-9),
      `bucket ${bucket} begins in its bar`,
    );
  }
});

test("a lifetime stands where it lies in its bar, also in the last one without an end", () => {
  const { histogram } = report.lifetimes;
  assert.deepEqual(
    [0, 5, 10, 35, 1e6].map((seconds) => lifetimes.place(histogram, seconds)),
    [0, 0.5, 1, 1.5, 2.5],
  );
  assert.match(lifetimes.table(lifetimes.rows(state)).rows.at(-1)[0], /and more$/);
});

test("what ended stands in a panel of its own, by reason", () => {
  const figure = created.figure(created.rows(state), look, size);
  assert.deepEqual(
    figure.data.map((trace) => [trace.name, trace.yaxis ?? "y"]),
    [
      ["created", "y"],
      ["closed", "y2"],
      ["timed out", "y2"],
      ["by error", "y2"],
    ],
  );
  assert.ok(figure.layout.yaxis2.domain[1] < figure.layout.yaxis.domain[0]);
});

test("the worst operation is first, one without failures is left out, and a name carries no markup", () => {
  const rows = rates.rows(state);
  assert.deepEqual(
    rows.operations.map((row) => row.operation),
    ["<b>index</b>", "search"],
  );
  assert.ok(!JSON.stringify(rates.figure(rows, look, size)).includes("<b>"));
});

test("points of the process are apart, bounded, and a gap is a gap", () => {
  const at = (seconds, rss = 1) => ({
    now: new Date(seconds * 1000).toISOString(),
    process: { rss_bytes: rss, cpu_share: 0.5 },
  });
  let points = [];
  for (let t = 1000; t < 1012; t += 1) points = collect(points, at(t));
  assert.deepEqual(
    points.map((point) => point.t),
    [1000, 1005, 1010],
  );
  points = collect(points, at(1100));
  assert.deepEqual(
    points.slice(-2).map((point) => point.memory),
    [null, 1],
  );
  for (let i = 0; i < 2000; i += 1) points = collect(points, at(2000 + i * 5));
  assert.equal(points.length, MOST_POINTS);
  assert.equal(collect(points, { now }), points, "without a process nothing changes");
});

test("what an operator looks at first: unknown is a dash, never zero", () => {
  for (const fact of facts(none)) assert.equal(fact.value, "–", fact.id);
  const found = Object.fromEntries(
    facts({ ...state, lag: 0.2, process: { rss_bytes: 2e8, cpu_share: 0.07, since: "2026-11-22T10:00:00Z" } }).map(
      (fact) => [fact.id, fact],
    ),
  );
  assert.equal(found.failure_rate.value, "23 %");
  assert.equal(found.rss.value, "200 MB");
  assert.equal(found.rss.note, "running for 2 h");
  assert.equal(found.error_rate.note, "3 of 200, 7 days");
});

test("sessions that are open too long are named, with the limit and a way there", () => {
  assert.equal(tooLong(null), null);
  assert.equal(tooLong(report).words, "No session has been open for longer than 1 day.");
  const found = tooLong({ too_long: { limit: 172800, count: 30, sessions: ["a b"] } });
  assert.equal(found.words, "30 sessions have been open for longer than 2 days; the oldest 1 are:");
  assert.equal(found.rows[0].href, "/sessions/a%20b/");
});

test("an operation's row says what is unknown with a dash, and what failed with a flag", () => {
  const cells = Object.fromEntries(OPERATIONS.map((column) => [column.id, column.cell(report.operations[0])]));
  assert.deepEqual([cells.memory.text, cells.cpu.text, cells.rate.text, cells.failed.flag], ["–", "–", "20 %", "bad"]);
});

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
  assert.match(found.words, /^5 or more other people .* whole days \(UTC\) up to yesterday$/);
  assert.deepEqual(
    found.rows.map((row) => [row.mine, row.others, row.beside]),
    [
      ["3.0 s", "2.0 s", "▲ 50 %"],
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
