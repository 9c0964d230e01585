/** The words of tooltips. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hoverOf } from "../../../static/js/charts/hover.js";

const bbox = { x0: 10, x1: 20, y0: 30, y1: 30 };
const zoned = { type: "date", zoned: { step: 86400, most: 5 } };

test("a stack is listed from its top, with the words of each trace", () => {
  const points = [
    { bbox, x: "2026-11-24 12:00", y: 3, text: "3 /min", data: { name: "a &lt;b>", marker: { color: "red" } } },
    { bbox, x: "2026-11-24 12:00", y: 1500, data: { name: "c", marker: { color: "blue" } } },
  ];
  const hover = hoverOf(points, { hovermode: "x unified", barmode: "stack", xaxis: { type: "date" } });
  assert.deepEqual(hover, {
    ...{ x: 15, y: 30, time: Date.UTC(2026, 10, 24, 12), title: "Tue 24 Nov" },
    lines: [
      { name: "c", words: "1,500", colour: "blue" },
      { name: "a <b>", words: "3 /min", colour: "red" },
    ],
  });
  assert.match(hoverOf(points, { hovermode: "x unified", xaxis: zoned }).title, /^[A-Z][a-z]{2} 2\d Nov \d\d:\d\d$/);
});

test("a point without a figure has no line", () => {
  const points = [{ bbox, x: "2026-11-24 12:00", y: null, data: { line: { color: "red" } } }];
  assert.deepEqual(hoverOf(points, { hovermode: "x unified", xaxis: { type: "date" } }).lines, []);
});

test("of what is nearest, the first line of its text is the title", () => {
  const points = [{ bbox, x: 3, text: "Monday 10:00<br>&amp; 4 messages" }];
  const hover = hoverOf(points, { hovermode: "closest", xaxis: {} });
  assert.deepEqual(
    [hover.title, hover.lines, hover.time],
    ["Monday 10:00", [{ name: "", words: "& 4 messages", colour: "" }], null],
  );
});
