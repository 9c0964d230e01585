import assert from "node:assert/strict";
import { test } from "node:test";
import { lines } from "../../../static/js/views/definition.js";

test("a definition says meaning, window and source, and leaves out what it has not", () => {
  const said = lines({ words: "What it is.", unit: "", window: "28 days", source: "estimated" });
  assert.deepEqual(
    said.map(([term]) => term),
    ["", "Window", "Source"],
  );
  assert.match(said[2][1], /^estimated, a calculation/);
});
