import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { anchored, read, write } from "../../../static/js/lib/address.js";

let steps;

beforeEach(() => {
  steps = [];
  const go = (kind) => (_state, _title, url) => {
    steps.push([kind, String(url)]);
    globalThis.window.location = new URL(String(url));
  };
  const history = { pushState: go("push"), replaceState: go("replace") };
  globalThis.window = { location: new URL("https://h/usage/?days=7#message=a%20b"), history };
});

afterEach(() => {
  delete globalThis.window;
});

test("a value stands in the query, else the fallback holds", () => {
  assert.equal(read("days", "28"), "7");
  assert.equal(read("sort", "last.down"), "last.down");
});

test("an anchor is read where it has that name and can be decoded", () => {
  assert.equal(anchored("message"), "a b");
  assert.equal(anchored("message", "#other=1"), null);
  assert.equal(anchored("message", "#message="), null);
  assert.equal(anchored("message", "#message=%E0%A4"), null);
});

test("writing keeps the other values, and an empty value leaves the query", () => {
  write({ sort: "cost.up" });
  assert.deepEqual(steps, [["replace", "https://h/usage/?days=7&sort=cost.up#message=a%20b"]]);
  write({ days: "", sort: null });
  assert.equal(steps[1][1], "https://h/usage/#message=a%20b");
});

test("a step can be gone back from; what changes nothing is no step", () => {
  write({ days: "90" }, { step: true });
  write({ days: "90" }, { step: true });
  assert.deepEqual(
    steps.map(([kind]) => kind),
    ["push"],
  );
});
