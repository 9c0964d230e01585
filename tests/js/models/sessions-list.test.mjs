import assert from "node:assert/strict";
import { test } from "node:test";
import {
  begun,
  between,
  fold,
  foundBefore,
  goesOn,
  isTyped,
  local,
  minute,
  newsWords,
  progress,
  query,
  same,
  trouble,
  utc,
} from "../../../static/js/models/sessions-list.js";
import { rows } from "../../../static/js/views/session-rows.js";

test("a query holds what is set, and neither what is empty nor what is usual", () => {
  const entries = [
    ["q", " a b "],
    ["outcome", ""],
    ["sort", "last_message"],
    ["order", "desc"],
    ["model", "gpt-4&x"],
  ];
  assert.equal(query(entries), "?q=a+b&model=gpt-4%26x");
  assert.equal(
    query([
      ["q", "  "],
      ["since", "nonsense"],
    ]),
    "",
  );
  assert.equal(
    query([
      ["sort", "cost"],
      ["order", "asc"],
    ]),
    "?sort=cost&order=asc",
  );
});

test("times go to UTC and back", () => {
  for (const at of ["2026-11-25T15:00", "2026-07-01T00:30"]) assert.equal(local(utc(at)), at);
  assert.match(utc("2026-11-25T15:00"), /^2026-11-\d\dT\d\d:\d\dZ$/);
  assert.equal(
    local("2026-11-25T15:00"),
    local("2026-11-25T15:00:00Z"),
    "without a zone it is UTC, as the server reads it",
  );
  assert.equal(local("2026-11-25T15:00:00+02:00"), local("2026-11-25T13:00Z"));
  assert.equal(utc("") + local("") + local("x"), "");
});

test("a time is said with its zone, and nonsense as it is", () => {
  assert.match(minute("2026-11-25T15:00Z"), /^2026-11-2[456] \d\d:\d\d \S+$/);
  assert.equal(minute("soon"), "soon");
});

test("queries are the same in any order", () => {
  assert.ok(same("?a=1&b=2", "b=2&a=1"));
  assert.ok(same("", "?"));
  assert.ok(!same("?a=1", "?a=2"));
});

test("a short page is gone on with, a full one waits to be asked", () => {
  const first = fold(begun, { rows: 12, examined: 20_000, next: "?before=x" });
  assert.ok(goesOn(first));
  assert.equal(progress(first), "examined 20,000 sessions; 12 found …");
  assert.equal(progress(first, { stopped: true }), "stopped: examined 20,000 sessions; 12 found");
  const full = fold(first, { rows: 50, examined: 100_000, next: "?before=y" });
  assert.ok(!goesOn(full));
  assert.equal(progress(full), "examined 120,000 sessions; 62 found");
  const end = fold(first, { rows: 3, examined: 10, next: "" });
  assert.ok(!goesOn(end), "there is nothing more to go through");
  assert.deepEqual([end.found, end.examined], [15, 20_010]);
});

test("a page that was full at once says nothing of how it was found", () => {
  assert.equal(progress(fold(begun, { rows: 50, examined: 50, next: "?before=x" })), "");
});

test("what is typed waits for a pause, what is chosen does not", () => {
  assert.ok(isTyped("q") && isTyped("min_cost") && !isTyped("outcome") && !isTyped("since"));
});

test("what went wrong is said in words", () => {
  for (const status of [0, 403, 500, 503]) assert.match(trouble(status), /again/);
});

test("what was found before is told from the first page on, not from a further one", () => {
  const state = fold(begun, { rows: 0, examined: 20_000, next: "?before=y" });
  assert.equal(foundBefore(state, "?q=x"), 0);
  assert.equal(foundBefore(state, "?q=x&before=w"), null, "earlier pages held some");
});

test("a row of the server's says why a figure of it is unknown", () => {
  const cell = (format, textContent) => ({ dataset: { format }, textContent, title: "" });
  const cells = [cell("duration", ""), cell("wait", "None"), cell("duration", "60"), cell("count", "0")];
  rows({ querySelectorAll: (selector) => (selector === "td time" ? [] : cells) });
  assert.deepEqual(
    cells.map((one) => [one.textContent, one.title]),
    [
      ["–", "no message"],
      ["–", "no answered question"],
      ["1 min", ""],
      ["0", ""],
    ],
  );
});

test("a time that nobody has changed keeps its seconds", () => {
  const shown = "?since=2026-11-25T15:00:17Z";
  assert.equal(query([["since", local("2026-11-25T15:00:17Z")]], shown), "?since=2026-11-25T15%3A00%3A17Z");
  assert.equal(query([["since", local("2026-11-25T15:01:00Z")]], shown), "?since=2026-11-25T15%3A01Z");
});

test("a stretch of time names its day once, and not today", () => {
  const [from, to] = ["2026-11-25T12:30:00Z", "2026-11-25T12:31:15Z"];
  const today = between(from, to, Date.parse(to));
  assert.match(today[0], /^\d\d:\d\d$/);
  assert.match(today[1], /^\d\d:\d\d:15 \S+$/);
  assert.match(between(from, to, Date.parse("2026-12-25T12:00:00Z"))[0], /^2026-11-25 \d\d:\d\d$/);
  assert.match(between(from, "2026-11-28T12:00:00Z", Date.parse(to)).join(), /^2026-11-25 [^,]*,2026-11-28 /);
  assert.deepEqual(between("soon", to, 0)[0], "soon");
});

test("news are told in words, and nothing where there are none", () => {
  assert.equal(newsWords({ new: 0, changed: 0, more: false }), "");
  assert.equal(newsWords({ new: 1, changed: 0, more: false }), "1 new session");
  assert.equal(newsWords({ new: 3, changed: 1200, more: true }), "more than 3 new sessions, 1,200 with new activity");
  assert.equal(newsWords({}), "");
});
