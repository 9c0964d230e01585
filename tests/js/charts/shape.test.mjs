import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const HERE = new URL("../../../static/js/charts/", import.meta.url);
const NEEDED = ["id", "nothing", "rows", "sub", "isEmpty", "figure", "summary", "table"];
const names = readdirSync(HERE).filter((name) => /^export (const|function) figure\b|figure, isEmpty/m.test(text(name)));

function text(name) {
  return readFileSync(new URL(name, HERE), "utf8");
}

test("there is a module for each chart", () => assert.ok(names.length >= 18, String(names)));

for (const name of names) {
  test(`${name} has the shape of a chart module (charts/types.js)`, async () => {
    const chart = await import(new URL(name, HERE));
    for (const part of NEEDED) assert.ok(part in chart, part);
    assert.match(chart.nothing, /\.$/, "a sentence");
    assert.equal(chart.choices?.every(({ id, name }) => id && name) ?? true, true);
  });
}

test("no two charts have the same id, for it names their card", async () => {
  const ids = await Promise.all(names.map(async (name) => (await import(new URL(name, HERE))).id));
  assert.deepEqual(ids, [...new Set(ids)]);
});
