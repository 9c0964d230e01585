import assert from "node:assert/strict";
import { test } from "node:test";
import { look as read } from "../../../static/js/charts/colours.js";
import { idle } from "../../../static/js/charts/session-lanes.js";
import { timeline } from "../../../static/js/charts/session-timeline.js";
import { hover, spoken } from "../../../static/js/charts/session-words.js";
import { summed } from "../../../static/js/charts/template.js";
import { bytes } from "../../../static/js/lib/format.js";

const look = read((name) => `colour(${name})`);
const size = { width: 900, height: 420 };
const at = (seconds) => new Date(1_795_600_000_000 + seconds * 1000).toISOString();
const message = (id, seconds, more = {}) => ({
  id,
  role: "assistant",
  status: "completed",
  at: at(seconds),
  wait: 4,
  tokens: 0,
  model: "m",
  error: null,
  ...more,
});
const OUTLIER = { typical: 2, limit: 8, score: 9.1, rule: "over 5 times the spread of its model" };
const state = {
  now: at(9000),
  selected: "b",
  messages: [
    message("a", 0, { role: "user", wait: null }),
    message("b", 47, { wait: 47, outlier: OUTLIER, tokens: 120, prompt_tokens: 100, completion_tokens: 20 }),
    message("c", 4000, { status: "failed", error: "<b>gone</b>" }),
    message("d", 4010, { tokens: 7 }),
  ],
  votes: [
    { at: at(60), value: "up", message_id: "b" },
    { at: at(61), value: "none", message_id: "" },
  ],
  operations: [
    {
      at: at(30),
      operation: "search",
      outcome: "ok",
      duration: 2,
      error: null,
      memory_bytes: 2_500_000,
      cpu_seconds: 0.2,
    },
    { at: at(50), operation: "index", outcome: "timeout", duration: null, error: "slow" },
  ],
  marks: [
    { at: at(0), kind: "started", reason: null },
    { at: at(5810), kind: "ended", reason: "timeout" },
  ],
};
const rows = timeline.rows(state);
const figure = timeline.figure(rows, look, size);

test("each kind of thing has a lane of its own, all on one axis of time", () => {
  const { yaxis, yaxis2, yaxis3, xaxis } = figure.layout;
  assert.ok(yaxis3.domain[1] <= yaxis2.domain[0] && yaxis2.domain[1] < yaxis.domain[0]);
  assert.deepEqual(yaxis3.ticktext, ["Operations", "Votes", "Errors"]);
  assert.equal(xaxis.anchor, "y3");
  assert.ok(figure.data.every((trace) => trace.xaxis === undefined));
  assert.ok(!JSON.stringify(figure).includes("NaN"));
});

test("a lane without data is not drawn, and an empty session draws no lane but the waits", () => {
  const bare = timeline.figure(
    timeline.rows({ ...state, messages: [message("a", 0)], votes: [], operations: [], marks: [] }),
    look,
    size,
  );
  assert.equal(bare.layout.yaxis2, undefined);
  assert.equal(bare.layout.yaxis3, undefined);
  assert.deepEqual(bare.layout.yaxis.domain, [0, 1]);
  const none = timeline.rows({ now: at(0), messages: [] });
  assert.ok(timeline.isEmpty(none));
  assert.ok(!JSON.stringify(timeline.figure(none, look, size)).includes("NaN"));
  assert.equal(summed(timeline, none), timeline.nothing);
});

test("an outlier is ringed, named, and its hover gives wait and rule", () => {
  const ring = figure.data.find(
    (trace) => trace.marker?.symbol === "circle-open" && trace.marker.color === "colour(--warning)",
  );
  assert.deepEqual(ring.y, [47]);
  for (const words of ["answered in 47.0 s", `unusually slow: ${OUTLIER.rule}`])
    assert.ok(ring.text[0].includes(words), words);
  assert.ok(figure.layout.annotations.some((note) => note.text === "unusual 47.0 s"));
  assert.ok(timeline.key(rows, look).some((entry) => entry.name === "unusually slow"));
});

test("gaps over five minutes are shaded with their length, shorter ones are not", () => {
  assert.deepEqual(
    idle([message("a", 0), message("b", 300), message("c", 601)], 300).map((gap) => gap.end - gap.start),
    [301],
  );
  assert.equal(figure.layout.shapes.filter((shape) => shape.type === "rect").length, 1);
  assert.ok(figure.layout.annotations.some((note) => note.text === "idle 1 h 5 min"));
});

test("prompt and completion stand on each other, and what was not told apart is said so", () => {
  const of = (name) => figure.data.find((trace) => trace.name === name).y.slice(0, 2);
  assert.deepEqual(
    [of("prompt tokens"), of("completion tokens"), of("tokens, kind not told")],
    [
      [0, 100],
      [100, 120],
      [0, 7],
    ],
  );
});

test("start and end stand as words over their lines, and the end says why", () => {
  const words = figure.layout.annotations.map((note) => note.text);
  assert.ok(words.includes("started") && words.includes("timed out (no more messages)"));
});

test("a click on any mark of a message, of its tokens and of a vote on it leads to its row", () => {
  const led = (name, index) =>
    timeline.link(rows, { curve: figure.data.findIndex((trace) => trace.name === name), index });
  assert.equal(led("assistant", 0), "#message=b");
  assert.equal(led("completion tokens", 1), "#message=b");
  assert.equal(led("votes", 0), "#message=b");
  assert.equal(led("votes", 1), null);
  assert.equal(led("operations", 0), null);
  const table = timeline.table(rows);
  for (const cells of table.rows) assert.equal(cells.length, table.columns.length);
  assert.equal(timeline.link(rows, { row: 3, index: 3 }), "#message=b", "the fourth thing in order of time");
});

test("the chosen message has a ring and a line of its own", () => {
  assert.ok(figure.data.some((trace) => trace.marker?.color === "colour(--accent)"));
  assert.ok(figure.layout.shapes.some((shape) => shape.line.color === "colour(--accent)"));
});

test("the summary tells all lanes", () => {
  assert.match(
    timeline.summary(rows),
    new RegExp(
      "^Messages shown: 4, the longest wait 47\\.0 s; .*failed messages: 1\\. Unusually slow: 1\\. " +
        "Votes: 1 up, 0 down\\. " +
        "Operations: 2, of which 1 failed or timed out\\. Idle gaps: 1, together 1 h 5 min\\.$",
    ),
  );
});

test("hover carries no markup of anybody else's, and folds what is long", () => {
  const text = hover(spoken(message("x", 0, { error: `<img src=x> ${"word ".repeat(40)}` })));
  assert.ok(!text.includes("<img"));
  assert.ok(text.split("<br>").every((line) => line.length < 90));
  assert.deepEqual([bytes(2_500_000), bytes(900), bytes(null)], ["2.5 MB", "900 B", "–"]);
});

test("a session that is not of today says its days, for the axis tells hours alone", () => {
  const noon = (days) => new Date(2026, 10, 22 + days, 12).toISOString();
  const said = (...days) => timeline.sub({ now: noon(0), messages: days.map((day) => ({ at: noon(day) })) });
  assert.match(said(-1), /^21 Nov 2026 · how long each answer took/);
  assert.match(said(0, -2), /^20 Nov 2026 to 22 Nov 2026 · how long each answer took/);
  assert.match(said(0), /^how long each answer took/);
  assert.match(said(), /^how long each answer took/);
});
