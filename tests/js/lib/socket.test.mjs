import assert from "node:assert/strict";
import { test } from "node:test";
import { address, backoff, connect, login } from "../../../static/js/lib/socket.js";

const place = (more = {}) => ({ protocol: "https:", host: "h", pathname: "/", search: "?range=6h", ...more });

function line() {
  const sockets = [];
  const waits = [];
  class Socket {
    constructor(url) {
      Object.assign(this, { url, readyState: 1, sent: [] });
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
  }
  return {
    sockets,
    waits,
    Socket,
    later: (run, ms) => {
      waits.push(ms);
      run();
      return 1;
    },
  };
}

test("the wait before a new attempt grows from half a second to five, and is drawn", () => {
  assert.equal(
    backoff(0, () => 0),
    0.5,
  );
  assert.equal(
    backoff(0, () => 1),
    0.5,
  );
  assert.equal(
    backoff(2, () => 0.5),
    1.5,
  );
  assert.equal(
    backoff(40, () => 1),
    5,
  );
  for (let n = 0; n < 20; n += 1) assert.ok(backoff(n) >= 0.5 && backoff(n) <= 5);
});

test("addresses", () => {
  assert.equal(address(place()), "wss://h/ws/live/");
  assert.equal(address(place({ protocol: "http:" })), "ws://h/ws/live/");
  assert.equal(login(place()), "/login/?next=%2F%3Frange%3D6h");
});

test("after a loss it comes back and asks from the last position", () => {
  const { sockets, waits, Socket, later } = line();
  const states = [];
  let position = null;
  connect({
    ask: () => ({ subscribe: "overview", after: position }),
    heard: (frame) => {
      position = frame.position;
    },
    onState: (word) => states.push(word),
    place: place(),
    Socket,
    later,
    every: () => {},
  });
  sockets[0].onopen();
  sockets[0].onmessage({ data: '{"position": 41}' });
  sockets[0].onclose({ code: 1006 });
  sockets[1].onopen();
  assert.deepEqual(
    sockets.map((socket) => socket.sent[0].after),
    [null, 41],
  );
  assert.deepEqual(states, ["open", "lost"]);
  assert.ok(waits[0] >= 500);
});

test("an ended log-in goes to the door, a forbidden topic is said and not asked again", () => {
  const { sockets, Socket, later } = line();
  const states = [];
  let went = null;
  connect({
    ask: () => ({}),
    heard: () => {},
    onState: (word) => states.push(word),
    place: place({
      replace: (to) => {
        went = to;
      },
    }),
    Socket,
    later,
    every: () => {},
  });
  sockets[0].onclose({ code: 4403 });
  assert.deepEqual([states, sockets.length], [["forbidden"], 1]);
  sockets[0].onclose({ code: 4401 });
  assert.equal(went, "/login/?next=%2F%3Frange%3D6h");
  assert.equal(sockets.length, 1);
});

test("a line that has gone silent is left, and another opened", () => {
  const { sockets, Socket, later } = line();
  Socket.prototype.close = function close() {
    this.closed = true;
  };
  const states = [];
  let check = null;
  connect({
    ask: () => ({}),
    heard: () => {},
    onState: (word) => states.push(word),
    place: place(),
    Socket,
    later,
    every: (run) => {
      check = run;
    },
  });
  check(Date.now() + 14_000);
  assert.equal(sockets.length, 1);
  check(Date.now() + 16_000);
  assert.deepEqual([states, sockets.length, sockets[0].closed, sockets[0].onclose], [["lost"], 2, true, null]);
});

test("who has as many live pages open as one may is states so, and comes back after a while", () => {
  const { sockets, waits, Socket, later } = line();
  const states = [];
  connect({
    ask: () => ({}),
    heard: () => {},
    onState: (word) => states.push(word),
    place: place(),
    Socket,
    later,
    every: () => {},
  });
  sockets[0].onclose({ code: 4429 });
  assert.deepEqual([states, waits, sockets.length], [["crowded"], [30_000], 2]);
});
