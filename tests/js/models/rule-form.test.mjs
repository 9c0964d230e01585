import assert from "node:assert/strict";
import { test } from "node:test";
import { lacks, unknownFigure } from "../../../static/js/models/rule-form.js";

const full = { name: "Slow", threshold: "10", clear: "" };

test("lacks: what the form needs, in words for people", () => {
  assert.equal(lacks(full, true), null);
  assert.deepEqual(lacks({ ...full, name: "  " }, true), ["name", "Give the rule a name."]);
  assert.equal(lacks({ ...full, name: "" }, false), null, "a rule is tried before it has a name");
  assert.deepEqual(lacks({ ...full, threshold: "" }, false), ["threshold", "Give a threshold."]);
  assert.deepEqual(lacks({ ...full, threshold: "1e400" }, false), ["threshold", "Give a threshold that is a number."]);
  assert.equal(lacks({ ...full, clear: "-1e400" }, false)?.[0], "clear");
});

test("unknownFigure: a figure that has vanished is a sentence", () => {
  assert.equal(unknownFigure("cost", { cost: ["Cost", "US$"] }), null);
  const words = "The rule cannot be evaluated: figure gone is not known. Choose another.";
  assert.deepEqual(unknownFigure("gone", {}), ["figure", words]);
});
