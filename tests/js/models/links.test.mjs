import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionsBehind, sessionsOf } from "../../../static/js/models/links.js";

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
