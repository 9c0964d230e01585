import assert from "node:assert/strict";
import { test } from "node:test";
import { stepped } from "../../../static/js/views/tune-chart.js";

test("stepped: the keys of the slider", () => {
  assert.equal(stepped("ArrowUp", 10, 200), 12);
  assert.equal(stepped("PageDown", 10, 200), 0, "not below the axis");
  assert.equal(stepped("Home", 10, 200), 0);
  assert.equal(stepped("End", 10, 12.969), 12.9, "not above the axis");
  assert.equal(stepped("End", 0, 0.00345678), 0.00345);
  assert.equal(stepped("x", 10, 200), null);
});
