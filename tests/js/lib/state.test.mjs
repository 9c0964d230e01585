import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, HELD_PAGES, meets, prepend, slide, together } from "../../../static/js/lib/state.js";

const bucket = (t, user) => ({ t, messages: { user } });
const overview = (more) => ({
  kind: "frame",
  topic: "overview",
  range: "1h",
  step: 60,
  from: 600,
  position: 2,
  ...more,
});
const snapshot = overview({
  kind: "snapshot",
  position: 1,
  buckets: [bucket(600, 1), bucket(660, 2), bucket(720, 3)],
  sessions: [{ id: "a" }],
  tiles: { x: { value: 1 } },
});

test("a snapshot replaces everything", () => {
  const state = fold(fold(null, snapshot), { ...snapshot, position: 9, buckets: [bucket(700, 7)], sessions: [] });
  assert.deepEqual(state.buckets, [bucket(700, 7)]);
  assert.deepEqual(state.sessions, []);
  assert.equal(state.position, 9);
});

test("a frame replaces the bucket of the same time, and adds never", () => {
  const state = fold(fold(null, snapshot), overview({ buckets: [bucket(720, 30), bucket(780, 4)] }));
  assert.deepEqual(
    state.buckets.map((b) => [b.t, b.messages.user]),
    [
      [600, 1],
      [660, 2],
      [720, 30],
      [780, 4],
    ],
  );
});

test("the same frame twice is the same as once", () => {
  const frame = overview({ buckets: [bucket(720, 30)] });
  const once = fold(fold(null, snapshot), frame);
  assert.deepEqual(fold(once, frame), once);
});

test("buckets before the window's first are forgotten", () => {
  const state = fold(fold(null, snapshot), overview({ from: 660, buckets: [] }));
  assert.deepEqual(
    state.buckets.map((b) => b.t),
    [660, 720],
  );
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
  const first = fold(null, {
    kind: "snapshot",
    ...topic,
    messages: [
      { id: "b", at: at(2), status: "pending" },
      { id: "c", at: at(3) },
    ],
  });
  const next = fold(first, {
    kind: "frame",
    ...topic,
    messages: [
      { id: "a", at: at(1) },
      { id: "b", at: at(2), status: "completed" },
    ],
  });
  assert.deepEqual(
    next.messages.map((m) => m.id),
    ["a", "b", "c"],
  );
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
  assert.deepEqual(
    moved.buckets.map((b) => b.t),
    [720],
  );
});

const second = (s) => new Date(s * 1000).toISOString();
const talk = (ids) => ids.map((n) => ({ id: `m${n}`, at: second(n) }));
const session = (more) => ({ kind: "frame", topic: "session/a", position: 1, ...more });

test("a frame tells all votes and operations, so that one that was taken back is gone; of very many the newest", () => {
  const first = fold(
    null,
    session({
      kind: "snapshot",
      votes: [
        { at: second(1), value: "up" },
        { at: second(5), value: "down" },
      ],
      operations: [],
      marks: [{ kind: "started" }],
    }),
  );
  const next = fold(
    first,
    session({
      votes: [
        { at: second(5), value: "up" },
        { at: second(6), value: "down" },
      ],
    }),
  );
  assert.deepEqual(
    next.votes.map((vote) => vote.value),
    ["up", "down"],
  );
  assert.deepEqual(fold(next, session({ votes: [] })).votes, []);
  const newest = Array.from({ length: 200 }, (_, i) => ({ at: second(10 + i), value: "up" }));
  assert.equal(fold(next, session({ votes: newest })).votes.length, 202);
  assert.deepEqual(next.marks, [{ kind: "started" }]);
  assert.deepEqual(fold(next, session({})).votes, next.votes);
});

test("a report replaces the one before, and one that is left out stays", () => {
  const first = fold(null, session({ kind: "snapshot", report: { days: 7 } }));
  assert.deepEqual(fold(first, session({})).report, { days: 7 });
  assert.deepEqual(fold(first, session({ report: { days: 28 } })).report, { days: 28 });
});

test("earlier pages stand before what is live, each message once, the live one's state winning", () => {
  const state = fold(
    null,
    session({ kind: "snapshot", messages: talk([5, 6]), votes: [{ at: second(5), value: "up" }] }),
  );
  const before = prepend(
    {
      messages: talk([3, 4, 5]),
      votes: [
        { at: second(3), value: "down" },
        { at: second(5), value: "none" },
      ],
    },
    state,
  );
  const { whole, earlier } = together(
    before,
    fold(state, session({ messages: [{ id: "m6", at: second(6), status: "failed" }, ...talk([7])] })),
  );
  assert.deepEqual(
    whole.messages.map((m) => m.id),
    ["m3", "m4", "m5", "m6", "m7"],
  );
  assert.equal(whole.messages[3].status, "failed");
  assert.deepEqual(
    whole.votes.map((vote) => vote.value),
    ["up"],
  );
  assert.ok(meets(earlier, state));
  assert.ok(
    !meets(earlier, fold(null, session({ kind: "snapshot", messages: talk([90]) }))),
    "between them would be an unseen gap",
  );
  assert.equal(together(null, state).whole, state);
});

test("what is held of a session is bounded", () => {
  const many = talk(Array.from({ length: HELD_PAGES + 10 }, (_, i) => i));
  const state = fold(null, session({ kind: "snapshot", messages: many.slice(-500) }));
  const { whole } = together({ messages: many, votes: [], operations: [] }, state);
  assert.equal(whole.messages.length, HELD_PAGES);
  assert.equal(whole.messages.at(-1).id, many.at(-1).id);
});

test("a point of a time to come waits until its time has come", () => {
  const now = (s) => new Date(s * 1000).toISOString();
  const state = fold(
    fold(null, { ...snapshot, now: now(725) }),
    overview({ now: now(730), buckets: [bucket(780, 4), bucket(900, 5)] }),
  );
  assert.deepEqual(
    state.buckets.map((b) => b.t),
    [600, 660, 720],
  );
  assert.deepEqual(
    slide(state, 790_000).buckets.map((b) => b.t),
    [660, 720, 780],
  );
  const later = fold(state, overview({ now: now(901), buckets: [bucket(780, 6)] }));
  assert.deepEqual(
    later.buckets.map((b) => [b.t, b.messages.user]),
    [
      [600, 1],
      [660, 2],
      [720, 3],
      [780, 6],
      [900, 5],
    ],
  );
});

test("hours are replaced by those that changed, and move on with the window", () => {
  const hour = 3600;
  const heat = { from: 0, messages: [1, 2, 3], tokens: [10, 20, 30], cost: [0, 0, 1] };
  const changed = (t, messages) => ({ t, messages, tokens: messages * 10, cost: 0.5 });
  const first = fold(null, {
    ...snapshot,
    now: new Date(3 * hour * 1000 - 1).toISOString(),
    heat,
    hours: { from: 0, changed: [changed(hour, 7)] },
  });
  assert.deepEqual(first.heat, { from: 0, messages: [1, 7, 3], tokens: [10, 70, 30], cost: [0, 0.5, 1] });
  const next = fold(
    first,
    overview({
      now: new Date(4 * hour * 1000 + 1).toISOString(),
      hours: { from: hour, changed: [changed(4 * hour, 2)] },
    }),
  );
  assert.deepEqual(next.heat.messages, [7, 3, 0, 2]);
  assert.deepEqual(fold(next, overview({})).heat, next.heat);
  assert.ok(!("hours" in next));
});

test("a whole frame takes away what has left, and says that earlier pages are not to be trusted", () => {
  const first = fold(
    null,
    session({
      kind: "snapshot",
      whole: true,
      messages: talk([1, 2, 3]),
      votes: [{ at: second(1), value: "up" }],
      operations: [{ at: second(2) }],
    }),
  );
  const moved = fold(
    first,
    session({ whole: true, messages: talk([1, 3]), votes: [], operations: [{ at: second(2) }] }),
  );
  assert.deepEqual(
    moved.messages.map((m) => m.id),
    ["m1", "m3"],
  );
  assert.deepEqual([moved.votes, moved.operations.length], [[], 1]);
  assert.notEqual(moved.renewed, first.renewed);
  const next = fold(moved, session({ whole: false, messages: talk([4]) }));
  assert.deepEqual(
    next.messages.map((m) => m.id),
    ["m1", "m3", "m4"],
  );
  assert.equal(next.renewed, moved.renewed);
  assert.ok(!("whole" in next));
  assert.deepEqual(fold(next, session({ whole: true, messages: [] })).messages, []);
});

test("of very many votes one that was taken back is gone with a whole frame", () => {
  const many = Array.from({ length: 300 }, (_, i) => ({ at: second(i), value: "up" }));
  const state = fold(
    fold(null, session({ kind: "snapshot", votes: many.slice(0, 200) })),
    session({ votes: many.slice(100) }),
  );
  assert.equal(state.votes.length, 300);
  assert.equal(fold(state, session({ whole: true, votes: many.slice(99, 299) })).votes.length, 200);
});

test("a fixed time does not slide, and one that ends now does with its end", () => {
  const head = { kind: "snapshot", topic: "overview", position: 1, now: "1970-01-01T00:13:00Z", step: 60, from: 0 };
  const told = fold(null, { ...head, range: "0-600", to: 600, buckets: [{ t: 540 }] });
  assert.equal(slide(told, 10_000_000), told);
  const live = fold(null, { ...head, range: "15m", to: 780, buckets: [] });
  assert.deepEqual([slide(live, 845_000).from, slide(live, 845_000).to], [60, 845]);
});

test("points of the time of comparison come whole, then those near the present, and leave at the beginning", () => {
  const head = { topic: "overview", range: "15m", now: "1970-01-01T00:16:40Z", step: 60 };
  const first = { ...head, kind: "snapshot", position: 1, from: 60, buckets: [], before: [{ t: 60 }, { t: 120 }] };
  const state = fold(null, first);
  assert.deepEqual(state.before, [{ t: 60 }, { t: 120 }]);
  const next = fold(state, {
    ...head,
    kind: "frame",
    position: 2,
    from: 120,
    before: [{ t: 120, active: 3 }, { t: 180 }],
  });
  assert.deepEqual(next.before, [{ t: 120, active: 3 }, { t: 180 }]);
  assert.equal(fold(next, { ...first, kind: "snapshot", before: undefined }).before, undefined, "no longer compared");
});
