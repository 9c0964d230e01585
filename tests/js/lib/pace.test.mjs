import assert from "node:assert/strict";
import { test } from "node:test";
import { pace, turns } from "../../../static/js/lib/pace.js";

test("drawing is paced: at most four a second, none while held or hidden, and it catches up", () => {
  let [time, held, hidden, painted] = [0, false, false, 0];
  const queue = [];
  const ask = pace(
    () => {
      painted += 1;
    },
    { held: () => held, hidden: () => hidden, now: () => time, later: (run, ms) => queue.push([time + ms, run]) },
  );
  const pass = (ms) => {
    time += ms;
    for (const [due, run] of queue.splice(0)) due <= time ? run() : queue.push([due, run]);
  };
  for (let i = 0; i < 100; i += 1) {
    ask();
    pass(10);
  }
  assert.ok(painted >= 3 && painted <= 5, `${painted} in a second`);
  held = true;
  painted = 0;
  ask();
  pass(1000);
  assert.equal(painted, 0);
  held = false;
  ask();
  pass(1000);
  assert.equal(painted, 1);
  hidden = true;
  ask();
  pass(1000);
  assert.equal(painted, 1);
});

test("one drawing a turn, each once, and one that fails does not keep the others", () => {
  const queue = [];
  const ask = turns((run) => queue.push(run));
  const done = [];
  const [a, b] = [
    () => {
      done.push("a");
      throw new Error("a");
    },
    () => done.push("b"),
  ];
  ask(a);
  ask(b);
  ask(a);
  assert.equal(queue.length, 1);
  assert.throws(() => queue.shift()());
  queue.shift()();
  assert.deepEqual([done, queue.length], [["a", "b"], 0]);
  ask(b);
  assert.equal(queue.length, 1);
});
