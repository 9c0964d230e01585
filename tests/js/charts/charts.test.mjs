import assert from "node:assert/strict";
import { test } from "node:test";
import { marks, place, look as read } from "../../../static/js/charts/colours.js";
import { canvas } from "../../../static/js/charts/draw.js";
import { errors } from "../../../static/js/charts/errors.js";
import { annotate, margin, shorten, spread } from "../../../static/js/charts/labels.js";
import { messages } from "../../../static/js/charts/messages.js";
import { response } from "../../../static/js/charts/response.js";
import { timeline } from "../../../static/js/charts/session-timeline.js";
import { sessions } from "../../../static/js/charts/sessions.js";
import { spark } from "../../../static/js/charts/spark.js";
import { ceiling, stepWords, summed, ticks, tickWords } from "../../../static/js/charts/template.js";
import { tokens } from "../../../static/js/charts/tokens.js";
import { alone, runs } from "../../../static/js/charts/traces.js";
import { milliseconds } from "../../../static/js/charts/zone.js";

const look = read((name) => `colour(${name})`);
const size = { width: 560, height: 240 };
const wait = (p50) => ({ p50, p95: p50 * 3, p99: p50 * 5, count: 2 });
const bucket = (t, more = {}) => ({
  t,
  messages: { user: 3, assistant: 2 },
  tokens: { "llama3.2": 120, mistral: 60 },
  wait: wait(2),
  started: 1,
  active: 4,
  errors: { message: 1, operation: 2 },
  ...more,
});
const state = (buckets) => ({
  range: "1h",
  step: 60,
  from: 600,
  now: new Date(905_000).toISOString(),
  buckets,
  messages: [],
});
const full = state([600, 660, 720, 780, 840, 900].map((t) => bucket(t)));
const empty = state([]);
const overview = { messages, response, tokens, sessions, errors };

test("every chart draws, tells and lists, full or empty, without a figure that is no number", () => {
  for (const [name, chart] of Object.entries(overview)) {
    for (const given of [full, empty]) {
      const rows = chart.rows(given);
      const figure = chart.figure(rows, look, size);
      assert.ok(figure.layout.width === 560 && Array.isArray(figure.data), name);
      assert.ok(!JSON.stringify(figure).includes("NaN"), name);
      assert.match(summed(chart, rows), /^[A-Z0-9–].*\.$/, name);
      const table = chart.table(rows);
      for (const row of table.rows) assert.equal(row.length, table.columns.length, name);
      assert.equal(chart.isEmpty(rows), given === empty, name);
      assert.match(chart.sub(given), /last hour · \S+/, name);
    }
  }
});

test("a line breaks at a gap and the band is not filled across it", () => {
  const gap = state([bucket(600), bucket(660), bucket(780, { wait: null }), bucket(840), bucket(900)]);
  const figure = response.figure(response.rows(gap), look, size);
  const p95 = figure.data.find((trace) => trace.name === "p95");
  assert.deepEqual(p95.y, [6, 6, null, null, 6, null], "the minute that is filling is left out");
  assert.equal(p95.connectgaps, false);
  const band = figure.data[1];
  assert.equal(band.x.filter((x) => x === null).length, 1, "two outlines, one break");
});

test("runs find each stretch, also single points and the end", () => {
  assert.deepEqual(runs([1, null, 1, 1], [1, 1, 1, 1]), [
    [0, 0],
    [2, 3],
  ]);
  assert.deepEqual(runs([null], [1]), []);
  assert.deepEqual(alone([1, null, 2, 3, null]).map(Boolean), [true, false, false, false, false]);
});

test("started sessions have an axis of their own, in a panel of their own", () => {
  const figure = sessions.figure(sessions.rows(full), look, size);
  assert.equal(figure.data.find((trace) => trace.name === "new").yaxis, "y2");
  assert.ok(figure.layout.yaxis2.domain[1] < figure.layout.yaxis.domain[0]);
});

test("the chart of sessions says what an active session of a minute is", () => {
  assert.match(sessions.sub(full), /^per minute: with a message, new · last hour · /);
  assert.equal(sessions.opens(sessions.rows(full), { index: 0 }), "4 sessions of this minute →");
});

test("a picture has its title, unit, range, zone and source, also of a chart that is not drawn yet", () => {
  const sub = "per minute · last hour · CET";
  const caption = { name: "sbdash-x", title: "Active <b>", sub, source: "sbdash, 2026-11-28 20:10 CET" };
  const saved = [];
  globalThis.Plotly = { react: () => new Promise(() => {}), downloadImage: (...given) => saved.push(given) };
  globalThis.document = { documentElement: null };
  globalThis.getComputedStyle = () => ({ getPropertyValue: () => "#fff" });
  const paper = canvas({ clientWidth: 0, clientHeight: 0, data: [], layout: {} }, {});
  paper.png(sessions.figure(sessions.rows(full), look, size), caption);
  const [{ layout }, options] = saved[0];
  assert.deepEqual([options.filename, options.width, layout.height], ["sbdash-x", size.width, options.height]);
  assert.match(layout.title.text, /^<b>Active &lt;b><\/b><br>.*per minute · last hour · CET<\/span>$/);
  assert.equal(layout.annotations.at(-1).text, "sbdash, 2026-11-28 20:10 CET");
  for (const name of ["Plotly", "document", "getComputedStyle"]) delete globalThis[name];
});

test("stacks are stacked, and kinds of error differ by pattern as well as colour", () => {
  assert.equal(messages.figure(messages.rows(full), look, size).layout.barmode, "stack");
  const figure = errors.figure(errors.rows(full), look, size);
  assert.equal(new Set(figure.data.map((trace) => trace.marker.pattern.shape)).size, figure.data.length);
});

test("labels are moved apart, stay within, and keep their order", () => {
  for (const wanted of [[10, 11, 12], [0, 0, 0, 0], [200, 200, 199], [-5, 300], [100], []]) {
    const placed = spread(wanted, 200);
    const sorted = [...placed].sort((a, b) => a - b);
    sorted.forEach((y, i) => {
      assert.ok(y >= 0 && y <= 200, `${y} within`);
      if (i) assert.ok(y - sorted[i - 1] >= 15 - 1e-9, `${wanted} apart`);
    });
    for (const i of wanted.keys()) {
      for (const j of wanted.keys()) if (wanted[i] < wanted[j]) assert.ok(placed[i] < placed[j]);
    }
  }
});

test("labels that are far apart do not move, and too many share the room evenly", () => {
  assert.deepEqual(spread([20, 100, 180], 200), [20, 100, 180]);
  const crowd = spread(Array(30).fill(50), 200);
  assert.ok(Math.min(...crowd) >= 0 && Math.max(...crowd) <= 200);
});

test("labels stand inside the plot, fit their margin, and cannot carry markup", () => {
  const labels = [
    { name: "<b>x</b>", y: 1e9, colour: "red" },
    { name: "a very long name of a model indeed", y: 0, colour: "blue" },
  ];
  const notes = annotate(labels, { top: 10, height: 200, width: 400, look });
  for (const note of notes) assert.ok(note.y >= 0 && note.y <= 1);
  assert.ok(!notes[0].text.includes("<b>"));
  assert.equal(shorten("abcdef", 4), "abc…");
  assert.match(
    annotate([{ name: "with a\nmessage", y: 1 }], { top: 1, height: 200, width: 400, look })[0].text,
    / with a<br>message$/,
  );
  assert.equal(margin(["with a\nmessage"], 400), margin(["started"], 400));
  assert.ok(margin(["a very long name of a model indeed"], 400) < 100);
});

test("a model's colour is the same in every set and place, and its tag does not change it", () => {
  assert.equal(place("llama3.2"), place("llama3.2:latest"));
  assert.deepEqual(
    ["llama3.2", "qwen2.5", "mistral", "gpt-4o"].map((name) => place(name)),
    [1, 0, 2, 6],
  );
  assert.equal(marks(["a", "llama3.2"])[1].index, marks(["llama3.2"])[0].index);
});

test("two models of one colour differ by pattern; other is grey", () => {
  const [one, two, other] = marks(["llama3.2:1b", "llama3.2:3b", "other"]);
  assert.equal(one.index, two.index);
  assert.notEqual(one.pattern, two.pattern);
  assert.equal(other.index, 7);
});

test("axes grow in round steps with evenly spaced round marks", () => {
  assert.deepEqual(
    [0, 3, 9, 14.9, 101, 380, 40000].map((n) => ceiling(n)),
    [1, 4, 10, 20, 150, 400, 50000],
  );
  assert.equal(ceiling(0, 4), 4);
  assert.deepEqual(ticks(25), [0, 5, 10, 15, 20, 25]);
  assert.deepEqual(ticks(400), [0, 100, 200, 300, 400]);
  assert.deepEqual([0.5, 2500, 40000, 1500000].map(tickWords), ["0.5", "2,500", "40 k", "1.5 M"]);
  assert.deepEqual([15, 60, 300, 3600, 86400].map(stepWords), ["15 s", "minute", "5 min", "hour", "day"]);
});

test("on the timeline a failed message differs in shape and colour, a pending one is hollow", () => {
  const at = "2026-11-22T09:30:00Z";
  const all = [
    ["user", "completed"],
    ["assistant", "completed"],
    ["assistant", "failed"],
    ["assistant", "pending"],
  ].map(([role, status], i) => ({
    id: `m${i}`,
    role,
    status,
    at,
    wait: role === "assistant" ? 4 : null,
    model: "<i>",
    error: null,
  }));
  const rows = timeline.rows({ messages: all });
  const traces = timeline.figure(rows, look, size).data;
  const [, done, pending, failed] = traces;
  assert.equal(done.y[0], 4);
  assert.notEqual(failed.marker.symbol, done.marker.symbol);
  assert.notEqual(failed.marker.color, done.marker.color);
  assert.match(pending.marker.symbol, /-open$/);
  assert.ok(!done.text[0].includes("<i>"));
  assert.equal(timeline.key(rows, look).length, 4);
  assert.match(timeline.summary(rows), /failed messages: 1\./);
});

test("a spark keeps its gaps and is nothing for a single figure", () => {
  assert.equal(spark([null, 3, null]).line, "");
  assert.equal(spark([1, 2, null, 3, 4]).line.split("M").length - 1, 2);
  assert.ok(!/NaN/.test(spark([0, 0, 0]).line + spark([5, 5]).line));
});

test("a zoom reads Plotly's own date words as UTC", () => {
  assert.equal(milliseconds("2026-11-22 09:30:00.5"), Date.parse("2026-11-22T09:30:00.500Z"));
  assert.equal(milliseconds(12), 12);
});
