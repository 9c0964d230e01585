import assert from "node:assert/strict";
import { test } from "node:test";
import { byDay } from "../../../static/js/charts/by-day.js";
import { look as read } from "../../../static/js/charts/colours.js";
import { created } from "../../../static/js/charts/created.js";
import { dated } from "../../../static/js/charts/draw.js";
import { errors } from "../../../static/js/charts/errors.js";
import { heat } from "../../../static/js/charts/heat.js";
import { histogram } from "../../../static/js/charts/histogram.js";
import { leaving, within } from "../../../static/js/charts/leaving.js";
import { models } from "../../../static/js/charts/models.js";
import { drill, summed, toMs } from "../../../static/js/charts/template.js";
import { daily, trend } from "../../../static/js/charts/trend.js";
import { fold } from "../../../static/js/lib/state.js";
import { sessionsOf } from "../../../static/js/models/links.js";
import { frame, nothing, responses, usage } from "../reports.mjs";

const look = read((name) => `colour(${name})`);
const state = (topic, days, report) => fold(null, frame(topic, days, report));
const of = {
  heat: "usage",
  models: "usage",
  "by-day": "usage",
  leaving: "usage",
  histogram: "responses",
  trend: "responses",
  daily: "responses",
};
const charts = [heat, models, byDay, leaving, histogram, trend, daily];
const full = { usage, responses };

test("every chart of a report draws, tells and lists; full, empty and unknown; no figure is NaN", () => {
  for (const chart of charts) {
    for (const days of [7, 28, 90]) {
      for (const [report, bare] of [
        [full[of[chart.id]](days), false],
        [nothing(days)[of[chart.id]], true],
        [undefined, true],
      ]) {
        const given = state(of[chart.id], days, report);
        for (const choice of chart.choices?.map((one) => one.id) ?? [undefined]) {
          const rows = chart.rows(given, choice);
          assert.equal(chart.isEmpty(rows), bare, `${chart.id} ${choice}`);
          for (const width of [330, 560, 1400]) {
            const figure = chart.figure(rows, look, { width, height: 240 });
            assert.ok(
              !/NaN|undefined/.test(JSON.stringify(figure)),
              `${chart.id} ${JSON.stringify(figure).match(/.{40}(NaN|undefined).{20}/)?.[0]}`,
            );
            assert.ok(!figure.layout.xaxis.range.includes(null), chart.id);
          }
          assert.match(summed(chart, rows), /^[A-Z0-9–].*\.$/, chart.id);
          const table = chart.table(rows);
          for (const row of table.rows) {
            assert.equal(row.length, table.columns.length, chart.id);
            for (const [i, value] of row.entries()) {
              assert.equal(typeof (typeof value === "string" ? value : table.write(value, i)), "string", chart.id);
            }
          }
          assert.ok(chart.sub(given, choice).length > 10);
        }
      }
    }
  }
});

test("the heat map folds hours into the viewer's week, on average since the first that held anything", () => {
  const from = new Date(2026, 10, 16).getTime() / 1000; // a Monday, midnight here
  const messages = Array(14 * 24).fill(0);
  messages[9] = 10; // Monday 09:00
  messages[7 * 24 + 9] = 20;
  const rows = heat.rows({ heat: { from, messages } });
  assert.deepEqual(rows.cells[0][9], { mean: 15, hours: 2, newest: from + (7 * 24 + 9) * 3600, minute: 0 });
  assert.deepEqual(
    rows.cells[0][8],
    { mean: 0, hours: 1, newest: null, minute: 0 },
    "before the first message nothing is known",
  );
  assert.equal(heat.link(rows, { index: 8 }), null);
  assert.match(heat.link(rows, { index: 9 }), /^\/sessions\/\?since=\d{4}-.*&until=/);
});

test("the heat map says over how many of each weekday it averages, and greys the hours that were not there", () => {
  const from = new Date(2026, 10, 16).getTime() / 1000; // a Monday, midnight here
  const state = { heat: { from, messages: Array(8 * 24).fill(2) }, now: "2026-11-24T00:00:00Z" };
  const [known, unknown] = heat.figure(heat.rows(state), look, { width: 900, height: 300 }).data;
  assert.match(known.text[0][9], /average of 2 Mondays/);
  assert.match(known.text[1][9], /on 1 Tuesday/);
  assert.match(heat.sub(state), /per hour, average of 1 to 2 weeks · /);
  assert.ok(
    unknown.z.flat().every((value) => value === null),
    "all were there",
  );
  assert.deepEqual(heat.key(heat.rows(state), look), []);
  const short = heat.rows({ heat: { from, messages: Array(24).fill(2) } });
  const grey = heat.figure(short, look, { width: 900, height: 300 }).data[1];
  assert.deepEqual([grey.z[0][9], grey.z[1][9]], [null, 1]);
  assert.match(grey.text[1][9], /no Tuesday in this time yet/);
  assert.equal(heat.key(short, look)[0].name, "no data");
});

test("the hour that is still filling does not pull an average down", () => {
  const from = new Date(2026, 10, 16).getTime() / 1000;
  const messages = Array(7 * 24 + 1).fill(0);
  messages[0] = 50;
  messages[7 * 24] = 1;
  assert.equal(heat.rows({ heat: { from, messages } }).cells[0][0].mean, 50);
  assert.equal(heat.rows({ heat: { from, messages: [3] } }).cells[0][0].mean, 3);
});

test("a click on a failure leads to the sessions that failed so, a click on an end to those that ended so", () => {
  const asked = (href) => new URLSearchParams(href.split("?")[1]).get("outcome");
  const failures = {
    times: [0, 60],
    step: 60,
    series: [
      { name: "message", values: [1, 0] },
      { name: "session", values: [1, 1] },
    ],
  };
  assert.deepEqual(
    [{ index: 0, curve: 0 }, { index: 0, curve: 1 }, { index: 1, curve: 0 }, { index: 0 }].map((point) =>
      asked(errors.link(failures, point)),
    ),
    ["failing", "error", "error", "failing"],
  );
  const hours = { times: [0], series: [{ reason: "timeout" }] };
  assert.deepEqual(
    [0, 1, undefined].map((curve) => asked(created.link(hours, { index: 0, curve }))),
    [null, "timeout", null],
  );
});

test("a click leads to the sessions of then, of that model, or from that end", () => {
  assert.equal(sessionsOf(0, 3600), "/sessions/?since=1970-01-01T00%3A00%3A00Z&until=1970-01-01T01%3A00%3A00Z");
  assert.equal(drill({ times: [0], step: 3600 }, { index: 0 }), sessionsOf(0, 3600));
  assert.equal(drill({ messages: [] }, { index: 0 }), null);
  assert.equal(drill({ times: [], step: 60 }, { index: 4 }), null);
  const rows = models.rows(state("usage", 7, usage(7)));
  assert.match(models.link(rows, { curve: 2, index: 2 }), /model=llama3\.2%3Alatest$/);
  assert.ok(!models.link(rows, { index: 2, row: 2 }).includes("model="));
  const bars = histogram.rows(state("responses", 7, responses(7)));
  assert.match(histogram.link(bars, { index: 29 }), /order=desc/);
  assert.match(histogram.link(bars, { index: 0 }), /order=asc/);
});

test("more models than colours: the small ones are other, and other leads to no model", () => {
  const tokens = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`m${i}`, 100 - i]));
  const rows = models.rows({ report: { by_day: [{ t: 0, tokens }] } });
  assert.equal(rows.series.length, 8);
  assert.equal(rows.series.at(-1).values[0], 93 + 92 + 91);
  assert.ok(!models.link(rows, { curve: 7, index: 0 }).includes("model"));
});

test("shadow cost is unknown, not zero, where tokens were used and none of them has a price", () => {
  const day = (more) => ({ t: 0, tokens: { a: 5 }, cost: {}, shadow_cost: {}, ...more });
  const rows = byDay.rows({ report: { by_day: [day(), day({ tokens: {} }), day({ shadow_cost: { a: 0.5 } })] } });
  assert.deepEqual(rows.series[1].values, [null, 0, 0.5]);
});

test("a day's point stands at its own date whatever the zone, an hour's in the viewer's", () => {
  const given = state("responses", 28, responses(28));
  const rows = daily.rows(given);
  const { data, layout } = daily.figure(rows, look, { width: 560, height: 240 });
  assert.equal(data.at(-1).x[0], rows.times[0] * 1000);
  assert.ok(
    data[0].x.filter((x) => x !== null).every((x) => x % 86400000 === 0),
    "the band stands on the same axis",
  );
  assert.ok(layout.xaxis.range[0] < rows.times[0] * 1000);
});

test("percentiles stand on the histogram where they belong, their names apart", () => {
  const rows = histogram.rows(state("responses", 7, responses(7)));
  const { shapes, annotations } = histogram.figure(rows, look, { width: 330, height: 240 }).layout;
  assert.deepEqual(
    annotations.map((note) => note.text),
    ["p50", "p90", "p95", "p99"],
  );
  assert.equal(shapes[0].x0, Math.log10(2.41));
  for (const [i, note] of annotations.slice(1).entries()) assert.ok(note.x > annotations[i].x);
});

test("bands of waiting have names of their own", () => {
  const names = usage(7).leaving.bands.map(within);
  assert.deepEqual(names, ["under 1 s", "1–2 s", "2–5 s", "5–10 s", "10–20 s", "20–30 s", "30–60 s", "1 min and more"]);
});

test("counts below the bands of waiting are short where there is little room", () => {
  const many = usage(7);
  many.leaving.bands[2].answers = 142_999;
  const rows = leaving.rows(state("usage", 7, many));
  const labels = (width) => leaving.figure(rows, look, { width, height: 240 }).layout.xaxis.ticktext;
  assert.match(labels(340)[2], /<br>143 k$/);
  assert.match(labels(900)[2], /<br>n 142,999$/);
});

test("a band without answers has no point and no interval", () => {
  const rows = leaving.rows(state("usage", 7, usage(7)));
  const [points] = leaving.figure(rows, look, { width: 560, height: 240 }).data;
  assert.equal(points.y.at(-1), null);
  assert.equal(points.error_y.array.at(-1), null);
  assert.equal(leaving.link(rows, { index: 7 }), null);
});

test("times are handed to Plotly as words of UTC, whatever the viewer's zone is; other axes keep their numbers", () => {
  const x = [toMs(0), null];
  const given = {
    data: [{ x, y: [1, null] }],
    layout: {
      xaxis: { type: "date", range: [toMs(0), "2026-11-22"] },
      shapes: [
        { xref: "x", x0: toMs(60), x1: toMs(61) },
        { xref: "paper", x0: 0, x1: 1 },
      ],
    },
  };
  const { data, layout } = dated(given);
  assert.equal(data[0].x[0].slice(0, 16), "1970-01-01 00:00");
  assert.equal(data[0].x[1], null);
  assert.deepEqual(layout.xaxis.range, [data[0].x[0], "2026-11-22"]);
  assert.equal(
    Date.parse(`${layout.shapes[0].x0.replace(" ", "T")}Z`) - Date.parse(`${data[0].x[0].replace(" ", "T")}Z`),
    60_000,
  );
  assert.equal(layout.shapes[1].x0, 0);
  assert.equal(given.data[0].x, x, "what was given stays");
  const plain = { data: [{ x: [1] }], layout: { xaxis: {} } };
  assert.equal(dated(plain).data, plain.data);
});

test("what ended or failed in a bar is found although its last message was before it", () => {
  const asked = (href) => ["since", "until"].map((name) => new URLSearchParams(href.split("?")[1]).get(name));
  const ten = Date.parse("2026-11-22T10:00:00Z") / 1000;
  const hours = { times: [ten], series: [{ reason: "timeout" }] };
  const failures = { times: [ten], step: 60, series: [{ name: "message", values: [1] }] };
  for (const href of [
    created.link(hours, { index: 0, curve: 1 }),
    created.link(hours, { index: 0 }),
    errors.link(failures, { index: 0, curve: 0 }),
  ]) {
    assert.ok(asked(href)[0] <= "2026-11-22T09:45:00Z", href);
    assert.ok(asked(href)[1] > "2026-11-22T10:00:00Z", href);
  }
  assert.equal(
    asked(created.link(hours, { index: 0, curve: 0 }))[0],
    "2026-11-22T10:00:00Z",
    "who began then wrote then",
  );
});
