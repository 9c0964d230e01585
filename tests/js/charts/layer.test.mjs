import assert from "node:assert/strict";
import { test } from "node:test";
import { hatching, layered, roomForNames } from "../../../static/js/charts/layer.js";
import { layout, timeAxis } from "../../../static/js/charts/template.js";
import { look } from "../look.mjs";

const SIZE = { width: 652, height: 238 };
const NOW = 3_600_000;

/** A chart of 3,600 s in 600 x 200 px. */
const figure = () => ({
  data: [],
  layout: layout(look, SIZE, {
    xaxis: { ...timeAxis([0, 3600], 60, look, SIZE), range: [0, 3_600_000] },
    yaxis: { ticktext: [] },
    margin: { l: 40, r: 12 },
    annotations: [{ text: "p95" }],
  }),
});
const gap = (from, to, kind = "down") => ({ from, to, kind, words: "sbdash was not running" });
const draw = (gaps, marks = []) => layered(figure(), { gaps, marks }, look, NOW).layout;
const named = (items, name) => items.filter((item) => item.name === name);

test("a figure without an axis of time, or without a layer, stays as it is", () => {
  const bars = { data: [], layout: { ...figure().layout, xaxis: { type: "linear" } } };
  assert.equal(layered(bars, { gaps: [gap(0, 60)], marks: [] }, look, NOW), bars);
  const alone = figure();
  assert.equal(layered(alone, undefined, look, NOW), alone);
});

test("a gap is a band with hatching, at its place and over the whole height", () => {
  const [tint, lines] = named(draw([gap(900, 1800)]).shapes, "gap");
  assert.deepEqual([tint.x0, tint.x1, tint.y0, tint.y1], [0.25, 0.5, 0, 1]);
  assert.equal(tint.layer, "below");
  assert.match(lines.path, /^M0\.25000,0\.0000L0\.25000,1\.0000M0\.50000/);
});

test("hatching stays within its band", () => {
  const numbers = hatching(0.25, 0.5, { start: 0, end: 1, width: 600, height: 200 }).match(/[-\d.]+,[-\d.]+/g);
  assert.ok(numbers.length > 40);
  for (const pair of numbers) {
    const [x, y] = pair.split(",").map(Number);
    assert.ok(x >= 0.2499 && x <= 0.5001 && y >= -0.0001 && y <= 1.0001, pair);
  }
});

test("a gap beyond the window is cut at its edge, one outside is not drawn, a short one can be seen", () => {
  const [cut] = named(draw([gap(-500, 360)]).shapes, "gap");
  assert.deepEqual([cut.x0, cut.x1], [0, 0.1]);
  assert.deepEqual(named(draw([gap(-500, -60), gap(4000, 5000)]).shapes, "gap"), []);
  const [short] = named(draw([gap(1800, 1801)]).shapes, "gap");
  assert.ok(Math.abs((short.x1 - short.x0) * 600 - 2) < 0.01);
});

test("a band says its reason: flat where it is wide, upright where it is narrow, under the pointer always", () => {
  const words = (gaps) => named(draw(gaps).annotations, "gap");
  const [area, label] = words([gap(900, 1800)]);
  assert.match(area.hovertext, /sbdash was not running/);
  assert.deepEqual([area.width, area.height, area.captureevents], [150, 200, false]);
  assert.deepEqual([label.text, label.textangle], ["not running", 0]);
  assert.equal(words([gap(900, 1020)])[1].textangle, -90);
  assert.equal(words([gap(900, 930)]).length, 1);
});

test("what the chart itself has stays, in front of the layer", () => {
  assert.equal(draw([gap(0, 60)]).annotations[0].text, "p95");
});

test("a mark is a thin line with a sign, and a link where it has one", () => {
  const made = draw([], [{ at: 1800, kind: "deploy", words: "4.2", link: 'https://ci.example.org/?"<a>' }]);
  const [line] = named(made.shapes, "mark");
  assert.deepEqual([line.x0, line.x1, line.line.width], [0.5, 0.5, 1]);
  const [sign] = named(made.annotations, "mark");
  assert.equal(sign.text, '<a href="https://ci.example.org/?%22%3Ca%3E" target="_blank">▲</a>');
  assert.match(sign.hovertext, /^Deploy: 4\.2 · /);
});

test("marks near each other have one sign with their number, and the words of some of them", () => {
  const many = Array.from({ length: 9 }, (_, i) => ({ at: 1800 + i, kind: "note", words: `<b>${i}</b>` }));
  const made = draw([], [...many, { at: 3000, kind: "note", words: "alone" }]);
  const [several, alone] = named(made.annotations, "mark");
  assert.deepEqual([several.text, alone.text], ["9", "●"]);
  assert.match(several.hovertext, /and 3 more$/);
  assert.doesNotMatch(several.hovertext, /<b>/);
});

test("the name of a gap covers no other; that of a stop comes first", () => {
  const axis = { start: 0, end: 1000, width: 1000, height: 200 };
  const gap = (kind, from, to) => ({ kind, from, to, words: "" });
  const [late, down, apart] = [gap("lag", 100, 300), gap("down", 160, 290), gap("silent", 400, 700)];
  const named = roomForNames([late, down, apart, gap("lag", 900, 901)], axis);
  assert.deepEqual(new Set(named.keys()), new Set([down, apart]));
  assert.equal(named.get(apart), 0);
  assert.deepEqual([...roomForNames([gap("down", 0, 20)], axis).values()], [-90]);
});
