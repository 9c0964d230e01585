import assert from "node:assert/strict";
import { test } from "node:test";
import { beside } from "../../../static/js/views/list-order.js";

const kept = JSON.stringify({
  list: "/sessions/?sort=slowest",
  links: ["/sessions/a/#message=1", "/sessions/b/", "/sessions/c/"],
});

test("a session of the list has the ones before and after it, in the list's order", () => {
  const found = beside("/sessions/b/", kept);
  assert.deepEqual(
    [found.before, found.after, found.place, found.all, found.list],
    ["/sessions/a/#message=1", "/sessions/c/", 2, 3, "/sessions/?sort=slowest"],
  );
  assert.equal(beside("/sessions/a/", kept).before, null, "the first has none before it");
  assert.equal(beside("/sessions/c/", kept).after, null);
});

test("a session that no list led to has no neighbours", () => {
  assert.equal(beside("/sessions/x/", kept), null);
  assert.equal(beside("/sessions/a/", null), null);
});
