import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, slide } from "../../static/js/state.js";

const bucket = (t, user) => ({ t, messages: { user } });
const overview = (more) => ({ kind: "frame", topic: "overview", range: "1h", step: 60, from: 600, position: 2, ...more });
const snapshot = overview({ kind: "snapshot", position: 1, buckets: [bucket(600, 1), bucket(660, 2), bucket(720, 3)], sessions: [{ id: "a" }], tiles: { x: { value: 1 } } });

test("a snapshot replaces everything", () => {
  const state = fold(fold(null, snapshot), { ...snapshot, position: 9, buckets: [bucket(700, 7)], sessions: [] });
  assert.deepEqual(state.buckets, [bucket(700, 7)]);
  assert.deepEqual(state.sessions, []);
  assert.equal(state.position, 9);
});

test("a frame replaces the bucket of the same time, and adds never", () => {
  const state = fold(fold(null, snapshot), overview({ buckets: [bucket(720, 30), bucket(780, 4)] }));
  assert.deepEqual(state.buckets.map((b) => [b.t, b.messages.user]), [[600, 1], [660, 2], [720, 30], [780, 4]]);
});

test("the same frame twice is the same as once", () => {
  const frame = overview({ buckets: [bucket(720, 30)] });
  const once = fold(fold(null, snapshot), frame);
  assert.deepEqual(fold(once, frame), once);
});

test("buckets before the window's first are forgotten", () => {
  const state = fold(fold(null, snapshot), overview({ from: 660, buckets: [] }));
  assert.deepEqual(state.buckets.map((b) => b.t), [660, 720]);
});

test("what a frame leaves out stays", () => {
  const state = fold(fold(null, snapshot), overview({ tiles: { y: { value: 2 } } }));
  assert.deepEqual(state.sessions, [{ id: "a" }]);
  assert.deepEqual(state.tiles, { x: { value: 1 }, y: { value: 2 } });
});

test("a frame of another range, another topic or an older position changes nothing", () => {
  const state = fold(null, { ...snapshot, position: 5 });
  for (const more of [{ range: "7d", position: 6 }, { topic: "session/a", position: 6 }, { position: 4 }]) {
    assert.equal(fold(state, overview({ ...more, buckets: [bucket(720, 99)] })), state);
  }
});

test("fold leaves the former state as it was", () => {
  const before = fold(null, snapshot);
  const copy = structuredClone(before);
  fold(before, overview({ buckets: [bucket(660, 50)], from: 660 }));
  assert.deepEqual(before, copy);
});

test("messages are replaced by id and stand in order of time", () => {
  const at = (s) => new Date(s * 1000).toISOString();
  const topic = { topic: "session/a", position: 1 };
  const first = fold(null, { kind: "snapshot", ...topic, messages: [{ id: "b", at: at(2), status: "pending" }, { id: "c", at: at(3) }] });
  const next = fold(first, { kind: "frame", ...topic, messages: [{ id: "a", at: at(1) }, { id: "b", at: at(2), status: "completed" }] });
  assert.deepEqual(next.messages.map((m) => m.id), ["a", "b", "c"]);
  assert.equal(next.messages[1].status, "completed");
});

test("the newest time known is kept when a frame has none", () => {
  const state = fold(fold(null, { ...snapshot, newest: "2026-11-22T09:30:00Z" }), overview({ newest: null }));
  assert.equal(state.newest, "2026-11-22T09:30:00Z");
});

test("a quiet window slides by whole steps and forgets", () => {
  const state = fold(null, { ...snapshot, now: new Date(725_000).toISOString() });
  assert.equal(slide(state, 779_000), state);
  const moved = slide(state, 845_000);
  assert.equal(moved.from, 720);
  assert.deepEqual(moved.buckets.map((b) => b.t), [720]);
});
