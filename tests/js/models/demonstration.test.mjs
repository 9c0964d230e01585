import assert from "node:assert/strict";
import { test } from "node:test";
import { fillingWords } from "../../../static/js/models/demonstration.js";

test("a past that is being filled says how far it is", () => {
  const at = new Date(2026, 10, 28, 8).getTime() / 1000;
  assert.deepEqual(fillingWords({ at, done: 130, of: 672 }), {
    share: 130 / 672,
    part: " · 19 % filled",
    words: "Filling the past, the newest first: Sat 28 Nov, 08 h. 19 % is here.",
  });
});
