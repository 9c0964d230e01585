/** The charts of days, hours and of the server's process: exact figures of small reports. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { byDay, dollars } from "../../../static/js/charts/by-day.js";
import { created } from "../../../static/js/charts/created.js";
import { delay } from "../../../static/js/charts/delay.js";
import { heat } from "../../../static/js/charts/heat.js";
import { mineDays } from "../../../static/js/charts/mine-days.js";
import { models } from "../../../static/js/charts/models.js";
import { processLoad } from "../../../static/js/charts/process.js";
import { daily, trend } from "../../../static/js/charts/trend.js";
import { look, size } from "../look.mjs";
import { now, report } from "../operations-report.mjs";

const DAY = 86400;
const day = (t, more) => ({
  ...{ t, messages: 5, sessions: 2, user: 3, assistant: 2, engagement: null, cycles: 1 },
  ...{ tokens: { mistral: 100, "gpt-4o": 50 }, cost: { "gpt-4o": 0.5 }, shadow_cost: { mistral: 0.02 } },
  ...more,
});
const days = [day(0), day(DAY, { user: 1, assistant: 4, sessions: 1, tokens: { "gpt-4o": 250 }, shadow_cost: {} })];
const state = { now, range: "7d", report: { by_day: days } };
const drawn = (chart, given = state, choice = undefined) => chart.figure(chart.rows(given, choice), look, size);

test("one's own days: questions and answers stacked, the sessions in the table", () => {
  const { data, layout } = drawn(mineDays);
  assert.deepEqual(
    data.map(({ name, y }) => [name, y]),
    [
      ["user", [3, 1]],
      ["assistant", [2, 4]],
    ],
  );
  assert.deepEqual(layout.xaxis.range, [-DAY * 500, DAY * 1500]);
  const rows = mineDays.rows(state);
  assert.equal(
    mineDays.summary(rows),
    "4 messages by user, 6 messages by assistant; at most 5 a day; 3 sessions begun.",
  );
  assert.deepEqual(mineDays.table(rows), {
    ...mineDays.table(rows),
    columns: ["Day (UTC)", "by user", "by assistant", "sessions begun"],
    rows: [
      ["1970-01-01", 3, 2, 2],
      ["1970-01-02", 1, 4, 1],
    ],
  });
  assert.equal(mineDays.sub(state), "messages by role, each day in UTC · last 7 days");
});

test("costs by day: reported, and apart from it the shadow, unknown where no token has a price", () => {
  const rows = byDay.rows(state);
  assert.deepEqual(
    rows.series.map(({ values }) => values),
    [
      [0.5, 0.5],
      [0.02, 0],
    ],
  );
  const { data, layout } = drawn(byDay);
  assert.deepEqual(
    data.map(({ y, text }) => [y, text]),
    [
      [
        [0.5, 0.5],
        ["US$ 0.50", "US$ 0.50"],
      ],
      [
        [0.02, null],
        ["US$ 0.020", "US$ 0"],
      ],
    ],
  );
  assert.equal(layout.yaxis.ticktext.at(-1), "US$ 0.60");
  assert.deepEqual(dollars({ tickvals: [0, 3] }).ticktext, ["0", "US$ 3"]);
  assert.equal(
    byDay.summary(rows),
    "Reported cost US$ 1.00, estimated cost US$ 0.020 in the time shown; the dearest day was reported with US$ 0.50.",
  );
});

test("models: the largest first, by the measure that is chosen, each in its colour", () => {
  assert.deepEqual(
    drawn(models).data.map(({ name, y }) => [name, y]),
    [
      ["gpt-4o", [50, 250]],
      ["mistral", [100, 0]],
    ],
  );
  const rows = models.rows(state, "cost");
  assert.deepEqual([rows.measure, rows.series.length, models.table(rows).units], ["cost", 1, ["", "US$"]]);
  assert.equal(models.summary(rows), "Reported cost, US$ in the time shown: gpt-4o US$ 1.00.");
  assert.equal(
    models.sub(state, "shadow_cost").split(" · ")[0],
    "estimated cost, US$, not billed by model, each day in UTC",
  );
  assert.equal(models.rows(state, "no such measure").measure, "tokens");
});

test("models: a bar leads to its model's sessions of that day, a row of the table to the day's", () => {
  const rows = models.rows(state);
  const asked = (point) => Object.fromEntries(new URLSearchParams(models.link(rows, point).split("?")[1]));
  assert.deepEqual(asked({ curve: 1, index: 1 }), {
    since: "1970-01-02T00:00:00Z",
    until: "1970-01-03T00:00:00Z",
    model: "mistral",
  });
  assert.equal(asked({ index: 0, row: 0 }).model, undefined);
  assert.equal(models.link(rows, { curve: 0, index: 7 }), null);
});

test("created: sessions of each hour; in the panel below those that ended, by reason", () => {
  const rows = created.rows({ now, report });
  assert.deepEqual(rows.started, [2, 0]);
  assert.deepEqual(
    rows.series.map(({ name, values }) => [name, values]),
    [
      ["closed", [1, 0]],
      ["timed out", [0, 2]],
      ["by error", [0, 1]],
    ],
  );
  const { data, layout } = created.figure(rows, look, size);
  assert.deepEqual(
    data.map(({ marker }) => [marker.color, marker.pattern?.shape]),
    [
      ["colour(--started)", undefined],
      ["colour(--text-2)", ""],
      ["colour(--warning)", "/"],
      ["colour(--critical)", "x"],
    ],
  );
  assert.equal(layout.yaxis2.range[1] > 3, true, "the ends of one hour stand on each other");
  assert.equal(
    created.summary(rows),
    "2 sessions created in the time shown, at most 2 an hour; ended: 1 closed, 2 timed out, 1 by error.",
  );
  assert.deepEqual(
    created.table(rows).rows.map(([, ...cells]) => cells),
    [
      [2, 1, 0, 0],
      [0, 0, 2, 1],
    ],
  );
});

test("created: where hours are narrow, patterns would be noise and are left out", () => {
  const narrow = created.figure(created.rows({ now, report }), look, { ...size, width: 12 });
  assert.deepEqual(
    narrow.data.slice(1).map(({ marker }) => marker.pattern.shape),
    ["", "", ""],
  );
});

const kept = (t, more = {}) => ({ t, lag: 0.5, memory: 2e8, cpu: 0.1, refused: 0, rejected: 0, dropped: 0, ...more });

test("the process: memory above CPU, and a gap where nothing was kept", () => {
  const health = { step: 60, points: [kept(120), kept(240, { memory: 2.5e8, cpu: 0.4 })] };
  const { data, layout } = drawn(processLoad, { now, range: "1h", health });
  assert.deepEqual(
    data.map(({ y, text, yaxis }) => [y, text, yaxis]),
    [
      [[200, null, 250], ["200 MB", "–", "250 MB"], undefined],
      [[10, null, 40], ["10 %", "– %", "40 %"], "y2"],
    ],
  );
  assert.deepEqual(layout.xaxis.range, [120_000 - 30_000, 240_000 + 30_000]);
  assert.equal(
    processLoad.summary(processLoad.rows({ health })),
    "Memory 250 MB now, at most 250 MB; CPU 40 % of one core now, at most 40 %.",
  );
  assert.deepEqual(processLoad.rows({}).times, []);
});

test("the delay above what was refused: unknown where sbdash did not run, and not zero", () => {
  const health = { step: 60, points: [kept(120, { refused: 12 }), kept(240, { lag: 3, rejected: 2, dropped: 1 })] };
  const { data } = drawn(delay, { now, range: "1h", health });
  assert.deepEqual(
    data.map(({ name, y, yaxis }) => [name, y, yaxis]),
    [
      ["delay", [0.5, null, 3], undefined],
      ["refused requests", [12, null, 0], "y2"],
      ["rejected events", [0, null, 2], "y2"],
      ["dropped pages", [0, null, 1], "y2"],
    ],
  );
  assert.equal(
    delay.summary(delay.rows({ health })),
    "Processing delay 3.0 s at the newest figure, at most 3.0 s; " +
      "12 refused requests, 2 rejected events, 1 dropped pages in the window.",
  );
});

const point = (t, p50, before = null) => ({ t, count: 4, p50, p95: p50 && p50 * 3, before });
const weeks = { weeks: 4, low: 1, p50: 2, high: 3 };

test("a trend has its lines over a band of weeks before, by hour or by day", () => {
  const hours = { step: 3600, points: [point(0, 2, weeks), point(3600, null), point(7200, 4)] };
  const given = { now, range: "7d", report: { trend: hours, daily: [point(0, 3, weeks)] } };
  const { data, layout } = drawn(trend, given);
  assert.deepEqual(
    data.slice(1).map(({ name, y }) => [name, y]),
    [
      ["p50 of weeks before", [2, null, null]],
      ["p95", [6, null, 12]],
      ["p50", [2, null, 4]],
    ],
  );
  assert.equal(data.at(-1).text[0], "2.0 s, 4 answers");
  assert.equal(data[1].text[0], "2.0 s (1.0 s to 3.0 s)");
  assert.deepEqual(
    layout.annotations.map(({ text }) => text.split(" ").at(-1)),
    ["p95", "p50", "usual"],
  );
  assert.equal(
    trend.summary(trend.rows(given)),
    "Newest hour: half within 4.0 s, 95 of 100 within 12.0 s; in weeks before half waited 2.0 s; " +
      "the highest p95 was 12.0 s.",
  );
  assert.deepEqual(daily.table(daily.rows(given)).rows, [["1970-01-01", 3, 9, 1, 2, 3, 4]]);
  assert.equal(daily.table(daily.rows(given)).columns[0], "Day (UTC)");
});

test("charts of a report draw the total of the time before, dashed, where it is compared", () => {
  const shift = 7 * DAY;
  const cost = (t, amount) => ({ t, cost: { a: amount }, shadow_cost: {}, tokens: { a: 10 * amount }, user: amount });
  const report = { by_day: [cost(shift, 1), cost(shift + DAY, 2)].map((day) => ({ ...day, assistant: 1 })) };
  const report_before = { by_day: [{ ...cost(DAY, 5), assistant: 1 }] };
  const given = { now, range: "7d", step: DAY, report, report_before, shift };
  for (const [chart, value, words] of [
    [byDay, 5, "US$ 5.00"],
    [models, 50, "all 50"],
    [mineDays, 6, "all 6"],
  ]) {
    const { data, layout } = drawn(chart, given);
    const [before] = data.filter(({ line }) => line?.dash === "dash");
    assert.deepEqual([before.name, before.y, before.text[1]], ["same time last week", [null, value], words]);
    assert.ok(layout.yaxis.range[1] >= value, "the axis has room for both");
    const table = chart.table(chart.rows(given));
    assert.deepEqual(
      [table.columns.at(-1), table.rows.map((row) => row.at(-1))],
      ["same time last week", [null, value]],
    );
    assert.ok(chart.compares);
    assert.equal(drawn(chart, { ...given, report_before: undefined }).data.filter(({ line }) => line?.dash).length, 0);
  }
});

test("the trend and the sessions that began are compared with the time before, too", () => {
  const points = (...found) => ({ trend: { step: 3600, points: found }, daily: [] });
  const compared = { report_before: points(point(0, 9)), shift: 3600 };
  const waits = drawn(trend, { now, range: "7d", report: points(point(3600, 2), point(7200, 4)), ...compared });
  assert.deepEqual(waits.data.find(({ line }) => line?.dash === "dash").y, [9, null]);
  const hour = (t, started) => ({ t, started, ended: { closed: 0, timeout: 0, error: 0 } });
  const began = (...hours) => ({ created_per_hour: hours });
  const given = { report: began(hour(3600, 1)), report_before: began(hour(0, 8)), shift: 3600, now, range: "7d" };
  assert.deepEqual(drawn(created, given).data.find(({ line }) => line?.dash === "dash").y, [8]);
});

test("a trend by days says so in its subtitle, as the chart of days does", () => {
  const given = { now, range: "90d", report: { trend: { step: DAY, points: [] }, daily: [] } };
  assert.equal(trend.sub(given), daily.sub(given));
  assert.equal(daily.sub(given), "each day in UTC · grey: p50 on that weekday before · last 90 days");
  assert.equal(trend.isEmpty(trend.rows(given)), true);
});

test("the heat map shades averages of the chosen measure, and its summary names the ends", () => {
  const from = new Date(2026, 10, 16).getTime() / 1000; // a Monday, midnight here
  const hours = { from, messages: [2, 8, 0, 4], tokens: [200, 800, 0, 400], cost: [0.5, 2, 0, 1] };
  const given = { now: new Date((from + 5 * 3600) * 1000).toISOString(), range: "7d", report: { hours } };
  const rows = heat.rows(given, "cost");
  const [known, unknown] = heat.figure(rows, look, size).data;
  assert.deepEqual(known.z[0].slice(0, 5), [0.5, 2, 0, 1, null]);
  assert.deepEqual([known.zmax, known.colorscale.at(-1)], [2, [1, "colour(--shade-4)"]]);
  assert.deepEqual(unknown.z[0].slice(2, 5), [null, null, 1]);
  assert.equal(
    heat.summary(rows),
    "Busiest is Monday 01:00–02:00 with US$ 2.00 cost an hour on average; quietest is Monday 02:00–03:00 with US$ 0.",
  );
  assert.deepEqual(heat.table(rows).rows[1], ["Monday 01:00–02:00", 2, 1]);
  assert.equal(heat.rows(given, "tokens").cells[0][1].mean, 800);
  assert.equal(heat.isEmpty(heat.rows({ now, range: "7d", report: null })), true);
});
