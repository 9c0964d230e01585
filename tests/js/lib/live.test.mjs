import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { live } from "../../../static/js/lib/live.js";

const frame = (more = {}) => ({
  kind: "snapshot",
  topic: "overview",
  range: "1h",
  position: 7,
  now: "2026-11-22T12:00:00Z",
  newest: null,
  lag: 0,
  ...more,
});

const REAL = { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval };

let waiting;
let sockets;
let views;
let painted;
let pause;

/** Opens a page that follows the overview; every frame it is sent is painted at once. */
function follow() {
  const page = live({
    subject: () => ({ subscribe: "overview", range: "1h" }),
    paint: (state) => painted.push(state.position),
    connection: (acts) => {
      pause = acts.pause;
      return { show: (line) => views.push(line) };
    },
  });
  sockets[0].onopen();
  return page;
}

const hear = (more) => {
  sockets[0].onmessage({ data: JSON.stringify(frame(more)) });
  pass();
};

/** Runs what waits for its time. */
function pass() {
  for (const run of waiting.splice(0)) run();
}

beforeEach(() => {
  [sockets, views, painted] = [[], [], []];
  waiting = [];
  globalThis.setTimeout = (run) => waiting.push(run);
  globalThis.setInterval = () => 0;
  globalThis.document = { hidden: false, addEventListener: () => {} };
  globalThis.window = {
    location: { protocol: "https:", host: "h", pathname: "/", search: "", replace: () => {} },
    addEventListener: () => {},
  };
  globalThis.WebSocket = class {
    constructor() {
      Object.assign(this, { readyState: 1, sent: [] });
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
  };
});

afterEach(() => {
  Object.assign(globalThis, REAL);
  for (const name of ["document", "window", "WebSocket"]) delete globalThis[name];
});

test("a page subscribes, paints what comes, and asks again with its position", () => {
  const page = follow();
  assert.deepEqual(sockets[0].sent, [{ subscribe: "overview", range: "1h", after: null }]);
  hear();
  assert.deepEqual(painted, [7]);
  page.again();
  assert.equal(sockets[0].sent[1].after, 7);
});

test("a frame of another subscription is not painted", () => {
  follow();
  hear({ topic: "usage" });
  hear({ range: "7d" });
  assert.deepEqual(painted, []);
});

test("a paused page counts what waits, and paints it when it goes on", () => {
  follow();
  hear();
  pause();
  hear({ kind: "frame", position: 8 });
  assert.deepEqual([painted, views.at(-1).paused, views.at(-1).waiting], [[7], true, 1]);
  pause();
  pass();
  assert.deepEqual([painted, views.at(-1).waiting], [[7, 8], 0]);
});

test("the line is shown as connecting until a first frame, then as open, then as lost since when", () => {
  follow();
  sockets[0].onclose({ code: 1006 });
  assert.deepEqual([views.at(-1).line, views.at(-1).fresh], ["connecting", true]);
  hear();
  assert.deepEqual([views.at(-1).line, views.at(-1).since], ["open", null]);
  sockets[0].onclose({ code: 1006 });
  assert.equal(views.at(-1).line, "lost");
  assert.ok(Math.abs(Date.now() - views.at(-1).since) < 60_000);
});
