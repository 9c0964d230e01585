import assert from "node:assert/strict";
import { test } from "node:test";
import { look as read } from "../../../static/js/charts/colours.js";
import { created } from "../../../static/js/charts/created.js";
import { delay } from "../../../static/js/charts/delay.js";
import { lifetimes, place } from "../../../static/js/charts/lifetimes.js";
import { mineDays as days } from "../../../static/js/charts/mine-days.js";
import { operationRates as rates } from "../../../static/js/charts/operations-rates.js";
import { processLoad as load } from "../../../static/js/charts/process.js";
import { bars, sessionWaits as waits } from "../../../static/js/charts/session-waits.js";
import { summed } from "../../../static/js/charts/template.js";
import { now, report } from "../operations-report.mjs";

const look = read((name) => `colour(${name})`);
const size = { width: 560, height: 240 };
const state = {
  now,
  report,
  range: "28d",
  health: {
    step: 60,
    points: [
      { t: 120, lag: 0.4, memory: 2e8, cpu: 0.1, refused: 3, rejected: 0, dropped: 0 },
      { t: 180, lag: null, memory: 2.1e8, cpu: 0.4, refused: 0, rejected: 1, dropped: 0 },
    ],
  },
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
const none = { now, report: null, range: "28d", session: null };
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
    [delay, state],
    [load, state],
    [waits, state],
    [days, own],
  ]) {
    for (const given of [full, none]) {
      const rows = chart.rows(given);
      const figure = chart.figure(rows, look, size);
      assert.ok(!JSON.stringify(figure).includes("NaN"), chart.id);
      assert.equal(chart.isEmpty(rows), given === none, chart.id);
      assert.match(summed(chart, rows), /^[A-Z0-9<–].*\.$/, chart.id);
      const table = chart.table(rows);
      for (const cells of table.rows) assert.equal(cells.length, table.columns.length, chart.id);
      assert.ok(chart.sub(given).length > 5 && chart.nothing.endsWith("."), chart.id);
    }
  }
});

test("a session's waits are bars of one width without a gap, and none is lost", () => {
  const found = bars([
    [0.5, 2],
    [4, 7],
    [41, 1],
    [0, 1],
  ]);
  assert.equal(
    found.reduce((n, bar) => n + bar.count, 0),
    11,
  );
  for (const [i, bar] of found.slice(1).entries()) assert.ok(Math.abs(bar.from - found[i].to) < 1e-9);
  assert.deepEqual(bars([]), []);
});

test("a bar of a session's waits begins and ends where a bucket does, so that no bucket is cut", () => {
  const middle = (bucket) => (bucket ? 0.001 * 1.02 ** (bucket - 0.5) : 0);
  for (let bucket = 0; bucket < 900; bucket += 1) {
    const [bar] = bars([[middle(bucket), 1]]);
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
    [0, 5, 10, 35, 1e6].map((seconds) => place(histogram, seconds)),
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
