import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

const ROOT = new URL("../../static/js/", import.meta.url).pathname;
const FLOORS = ["lib", "models", "charts", "views", "pages"];
const MODULES = readdirSync(ROOT, { recursive: true }).filter((name) => name.endsWith(".js"));

const floor = (name) => FLOORS.indexOf(name.split("/")[0]);

test("an import goes to the same directory or to one below, and pages are imported by nothing", () => {
  for (const name of MODULES) {
    assert.ok(floor(name) >= 0, `${name} stands in none of ${FLOORS}`);
    for (const [, target] of readFileSync(join(ROOT, name), "utf8").matchAll(/^.*\bfrom "(\.[^"]+)"/gm)) {
      const wanted = relative(ROOT, join(ROOT, dirname(name), target));
      assert.ok(floor(wanted) <= floor(name) && !wanted.startsWith("pages/"), `${name} imports ${wanted}`);
    }
  }
});

test("models and charts, without draw.js, do not touch the page", () => {
  for (const name of MODULES.filter((one) => /^(models|charts)\//.test(one) && one !== "charts/draw.js")) {
    const used = readFileSync(join(ROOT, name), "utf8").match(/(?<!\.)\b(document|window|localStorage|navigator)\.\w/);
    assert.equal(used, null, `${name} uses ${used?.[0]}`);
  }
});

test("no line is longer than 120 characters", () => {
  const HERE = new URL("./", import.meta.url).pathname;
  const tests = readdirSync(HERE, { recursive: true }).filter((name) => name.endsWith(".mjs"));
  for (const path of [...MODULES.map((name) => join(ROOT, name)), ...tests.map((name) => join(HERE, name))]) {
    const lines = readFileSync(path, "utf8").split("\n");
    assert.deepEqual(
      lines.flatMap((line, i) => (line.length > 120 ? [`${path}:${i + 1}`] : [])),
      [],
    );
  }
});
