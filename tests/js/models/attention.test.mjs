import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, zone } from "../../../static/js/lib/format.js";
import { isCalled, strip, titled } from "../../../static/js/models/attention.js";

const AT = "2026-11-28T19:30:00Z";
const NOW = Date.parse(AT);
const one = (more = {}) => ({
  kind: "errors",
  words: "Too many failed",
  href: "/#chart-errors",
  severity: "critical",
  since: null,
  ...more,
});
const slower = (more = {}) =>
  one({ kind: "slower", words: "Answers are slower", severity: "warning", since: "2026-11-28T18:10:00Z", ...more });
const unknown = one({ kind: "slower", words: "whether answers have become slower", severity: "unknown" });

test("strip: nothing has come, or the viewer is not told", () => {
  for (const found of [null, undefined]) assert.equal(strip(found, AT, NOW), null);
  assert.equal(strip([], null, NOW), null);
});

test("strip: all is well, with when it was checked", () => {
  const found = strip([], AT, NOW + 3000);
  assert.deepEqual([found.well, found.head, found.items, found.said], ["good", "All is well", [], ""]);
  assert.equal(found.checked, `checked at ${clock(NOW).slice(0, 5)} ${zone(NOW)}`);
});

test("strip: what is unknown is said, and is neither well nor counted", () => {
  const found = strip([unknown], AT, NOW);
  assert.deepEqual([found.well, found.head, found.items.length], ["good", "No problem known", 0]);
  assert.equal(found.unknown[0].words, "whether answers have become slower");
  assert.equal(titled("Overview · sbdash", found), "Overview · sbdash");
});

test("strip: the sentences say since when, and the first gives the strip its colour", () => {
  const found = strip([one(), slower(), unknown], AT, NOW);
  assert.deepEqual([found.well, found.head], ["critical", ""]);
  assert.deepEqual(
    found.items.map(({ words }) => words),
    ["Too many failed", `Answers are slower since ${clock(Date.parse("2026-11-28T18:10:00Z")).slice(0, 5)}`],
  );
  assert.match(found.said, /^2 things need attention: Too many failed; Answers are slower since/);
  assert.equal(titled("Overview · sbdash", found), "(2) Overview · sbdash");
  assert.match(
    strip([slower({ since: "2026-11-20T18:10:00Z" })], AT, NOW).items[0].words,
    /since 2026-11-2\d \d\d:\d\d$/,
  );
  assert.match(strip([one()], AT, NOW).said, /^1 thing needs attention/);
});

test("strip: what was checked long ago is not said of now", () => {
  const [well, ill] = [strip([], AT, NOW + 20_001), strip([one()], AT, NOW + 20_001)];
  assert.deepEqual([well.well, well.head, ill.well, ill.head], ["off", "Not known now", "off", "As last known"]);
  assert.equal(well.checked, `last checked at ${clock(NOW)}`);
  assert.equal(strip([], AT, NOW + 20_000).head, "All is well");
});

test("what is unknown is not called", () => {
  assert.equal(isCalled([one(), slower()], "slower"), true);
  for (const found of [undefined, null, [], [one()], [unknown]]) assert.equal(isCalled(found, "slower"), false);
});
