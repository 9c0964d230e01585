import assert from "node:assert/strict";
import { test } from "node:test";
import { bounds, differences, stages, unknown } from "../../../static/js/models/operations.js";
import * as columns from "../../../static/js/models/operations-columns.js";
import { sheet } from "../../../static/js/views/table.js";
import { operation } from "../operations-report.mjs";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const texts = (list, row) => list.map((column) => column.cell(row, NOW).text);
const seen = (source, kind, name) => ({
  ...{ source, kind, name, count: 1234 },
  ...{ first: "2026-11-20T12:00:00Z", last: "2026-11-22T11:59:00Z" },
});

test("ignored input says its name, whence it came, what it is, how often and when", () => {
  const rows = [seen("otlp", "attribute", "gen_ai.odd"), seen("loki", "line", "access")];
  const found = unknown({ sources: { seen: rows } }, {}, { otlp: "OpenTelemetry", loki: "Loki" });
  assert.deepEqual(texts(columns.ATTRIBUTES, found.attributes[0]), [
    ...["gen_ai.odd", "OpenTelemetry", "1,234", "2 d ago", "1 min ago"],
  ]);
  assert.deepEqual(texts(columns.LEFT, found.left[0]), ["access", "Loki, log line", "1,234", "2 d ago", "1 min ago"]);
  assert.deepEqual(sheet(columns.LEFT, found.left), [
    ["Name", "What", "Count", "First", "Last"],
    [["access", "Loki log line", 1234, "2026-11-20T12:00:00Z", "2026-11-22T11:59:00Z"]],
  ]);
});

test("a difference shows both figures and how far apart they are, and leads to its session", () => {
  const [row] = differences(
    {
      differences: [
        {
          ...{ session: "s 1", figure: "total_cost", ours: 2, theirs: 1.5 },
          ...{ against: "application", cause: "late" },
        },
      ],
    },
    { late: ["it changed a moment ago", true] },
    { total_cost: ["Cost", "US$"] },
  );
  assert.deepEqual(texts(columns.DIFFERENCES, row), [
    ...["s 1", "Cost", "US$ 2", "US$ 1.5", "US$ 0.5"],
    ...["the application", "late"],
  ]);
  const cells = columns.DIFFERENCES.map((column) => column.cell(row, NOW));
  assert.deepEqual([cells[0].href, cells[6].title], ["/sessions/s%201/", "It changed a moment ago."]);
  assert.deepEqual(sheet(columns.DIFFERENCES, [row])[1], [
    ["s 1", "Cost", "US$ 2", "US$ 1.5", 0.5, "the application", "late"],
  ]);
});

test("a stage says its state, its place, and how far it is behind", () => {
  const stage = { position: 4337, behind: 12, lag_seconds: 40, stalled_seconds: 0 };
  const [row] = stages({ stages: { stats: stage } });
  assert.deepEqual(texts(columns.STAGES, row), ["Statistics", "behind", "4,337", "12", "40.0 s"]);
});

test("a bound says how full it is; a file holds the words with their units", () => {
  const [row] = bounds({ bounds: [{ name: "disk", used: 9e8, limit: 1e9, unit: "bytes", usual: false }] });
  assert.deepEqual(texts(columns.BOUNDS, row), ["disk", "near", "90 %", "900 MB", "1 GB"]);
  assert.deepEqual(sheet(columns.BOUNDS, [row])[1], [["disk", "near", 0.9, "900 MB", "1 GB"]]);
});

test("failed and timed out operations are marked, and what was not told is unknown", () => {
  const row = operation("index", { timeout: 1, memory_mean: 2.5e6 });
  assert.deepEqual(texts(columns.OPERATIONS, row), [
    ...["index", "10", "2", "1", "20 %", "200 ms", "1.0 s", "2.5 MB", "–"],
  ]);
  const flags = columns.OPERATIONS.map((column) => column.cell(row, NOW).flag);
  assert.deepEqual(flags.slice(2, 4), ["bad", "slow"]);
});
