import assert from "node:assert/strict";
import { test } from "node:test";
import { clock } from "../../../static/js/lib/format.js";
import { choiceOf, idsOf, news, OFF, permitted, told, worst } from "../../../static/js/models/alarms.js";

const NOW = 1_764_500_000_000;
const AT = NOW / 1000;
const alert = (id, more = {}) => ({
  ...{ id, name: `rule ${id}`, figure: "messages", scope: "", severity: "warning", from: AT - 5, to: null },
  ...more,
});
const on = { show: true, sound: false, least: "warning", since: 0 };
const names = ({ fresh }) => fresh.map(({ id }) => id);

test("what cannot be read is off, and off is the first choice", () => {
  for (const text of [null, "", "no", "[]", '{"show": "yes"}', "null"]) assert.deepEqual(choiceOf(text), OFF, text);
  assert.deepEqual(choiceOf(JSON.stringify({ ...on, least: "critical", since: 7 })), {
    ...{ ...on, least: "critical", since: 7 },
  });
  assert.deepEqual([idsOf(null), idsOf("no"), idsOf("{}"), idsOf('[1, "2", 3.5, 4]')], [[], [], [], [1, 4]]);
});

test("an alert is news once, the oldest first, and from the severity on that was chosen", () => {
  const firing = [
    alert(3, { from: AT - 1 }),
    alert(2, { severity: "notice" }),
    alert(1, { severity: "critical", from: AT - 9 }),
  ];
  const found = news(firing, [], on, { first: false, now: NOW });
  assert.deepEqual(names(found), [1, 3]);
  assert.deepEqual(new Set(found.ids), new Set([1, 2, 3]), "one that is too mild is no news later either");
  assert.deepEqual(names(news(firing, found.ids, { ...on, least: "notice" }, { first: false, now: NOW })), []);
  assert.deepEqual(names(news(firing, [], { ...on, least: "critical" }, { first: false, now: NOW })), [1]);
});

test("what fired before the page was opened, or before it was switched on, is no news", () => {
  const old = alert(1, { from: AT - 3600 });
  assert.deepEqual(names(news([old, alert(2)], [], on, { first: true, now: NOW })), [2]);
  assert.deepEqual(names(news([old], [], on, { first: false, now: NOW })), [1], "late data, or a laptop that slept");
  const before = alert(2, { from: AT - 300 });
  assert.deepEqual(names(news([before, alert(3)], [], { ...on, since: NOW }, { first: false, now: NOW })), [3]);
});

test("a browser remembers the newest alerts alone", () => {
  const known = Array.from({ length: 300 }, (_, i) => i + 10);
  const { ids } = news([alert(1)], known, on, { first: false, now: NOW });
  assert.deepEqual([ids.length, ids.at(-1), ids[0]], [300, 1, 11]);
});

test("words: the rule, its severity, of whom, and since when; and what the browser refuses", () => {
  const at = clock((AT - 5) * 1000).slice(0, 5);
  assert.deepEqual(told(alert(1)), { title: "rule 1: warning", body: `Since ${at}` });
  assert.equal(told(alert(1, { scope: "llama3.2" })).body, `llama3.2, since ${at}`);
  assert.equal(worst([alert(1), alert(2, { severity: "critical" }), alert(3, { severity: "notice" })]), "critical");
  assert.equal(permitted("granted", true), "");
  assert.equal(permitted("default", false), "");
  assert.match(permitted("default", true), /has not allowed/);
  assert.match(permitted("denied", false), /blocks notifications/);
  assert.match(permitted("unsupported", false), /need HTTPS/);
});
