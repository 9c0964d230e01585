import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

const HERE = new URL("../../../static/js/charts/", import.meta.url);
const NEEDED = ["id", "nothing", "rows", "sub", "isEmpty", "figure", "summary", "table"];
const names = readdirSync(HERE).filter((name) => name.endsWith(".js") && name !== "draw.js");
const modules = await Promise.all(names.map((name) => import(new URL(name, HERE))));
const charts = modules.flatMap((module) => Object.values(module)).filter((one) => one?.figure);

test("there is a chart for each card", () => assert.ok(charts.length >= 19, String(charts.length)));

for (const chart of charts) {
  test(`${chart.id} has the shape of a chart (charts/types.js)`, () => {
    for (const part of NEEDED) assert.ok(part in chart, part);
    assert.match(chart.nothing, /\.$/, "a sentence");
    assert.equal(chart.choices?.every(({ id, name }) => id && name) ?? true, true);
  });
}

test("no two charts have the same id, for it names their card", () => {
  const ids = charts.map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)]);
});
