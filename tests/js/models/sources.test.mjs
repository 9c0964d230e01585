import assert from "node:assert/strict";
import { test } from "node:test";
import { rows } from "../../../static/js/models/sources.js";

const seen = (source, kind, name, count) => ({ source, kind, name, count, first: null, last: null });

test("rows are those of one source and kind, the most frequent first, then by name", () => {
  const all = [
    seen("otlp", "span", "b", 2),
    seen("otlp", "span", "a", 2),
    seen("otlp", "span", "c", 9),
    seen("otlp", "dialect", "d", 5),
    seen("loki", "span", "e", 5),
  ];
  assert.deepEqual(
    rows(all, "otlp", "span").map((row) => row.name),
    ["c", "a", "b"],
  );
  assert.deepEqual(rows(undefined, "otlp", "span"), []);
});
