import assert from "node:assert/strict";
import { test } from "node:test";
import { modelsOf, sessionAt, sessionsBehind, sessionsOf } from "../../../static/js/models/links.js";

const NOON = Date.parse("2026-11-22T12:00:00Z") / 1000;
const asked = (href) => Object.fromEntries(new URLSearchParams(href.split("?")[1]));

test("the list of sessions is asked for a stretch of time, in UTC", () => {
  const href = sessionsOf(NOON, NOON + 60);
  assert.equal(href.split("?")[0], "/sessions/");
  assert.deepEqual(asked(href), { since: "2026-11-22T12:00:00Z", until: "2026-11-22T12:01:00Z" });
});

test("an open end and a filter without a value are left out", () => {
  assert.deepEqual(asked(sessionsOf(null, NOON, { model: "a&b", outcome: null })), {
    until: "2026-11-22T12:00:00Z",
    model: "a&b",
  });
});

test("sessions that ended are looked for an hour before, where their last message may be", () => {
  assert.deepEqual(asked(sessionsBehind(NOON, NOON + 60, { outcome: "timeout" })), {
    since: "2026-11-22T11:00:00Z",
    until: "2026-11-22T12:01:00Z",
    outcome: "timeout",
  });
});

test("a session's page is named by its id, and a message on it too, whatever letters they have", () => {
  assert.equal(sessionAt("a b/c"), "/sessions/a%20b%2Fc/");
  assert.equal(sessionAt("s", "m&1"), "/sessions/s/?message=m%261");
});

test("the models of a report lead to their sessions in its time; without a report there are none", () => {
  const report = { from: "1970-01-01T00:00:00Z", to: "1970-01-01T00:01:00.9Z", models: [{ model: "a:b", tokens: 3 }] };
  assert.deepEqual(modelsOf(report), [
    {
      model: "a:b",
      tokens: 3,
      href: "/sessions/?since=1970-01-01T00%3A00%3A00Z&until=1970-01-01T00%3A01%3A00Z&model=a%3Ab",
    },
  ]);
  assert.deepEqual(modelsOf(null), []);
});
