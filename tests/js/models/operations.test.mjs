import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bounds,
  causes,
  differences,
  failing,
  flow,
  key,
  room,
  search,
  stages,
  unknown,
  verdict,
} from "../../../static/js/models/operations.js";
import { cards } from "../../../static/js/models/sources.js";
import { arrange } from "../../../static/js/views/table.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const before = (seconds) => new Date(NOW - seconds * 1000).toISOString();
const seen = (source, kind, name, count, seconds = 10) => ({
  source,
  kind,
  name,
  count,
  first: before(86400),
  last: before(seconds),
});
const SOURCES = { otlp: "OpenTelemetry", loki: "Loki", mongodb: "MongoDB", rest: "HTTP", files: "Files" };
const card = (id, state) => cards(state, NOW, "https://dash.example").find((one) => one.id === id);
const mongodb = (follower) => card("mongodb", { sources: { mongodb: follower, seen: [] } });
const follower = (more) => ({
  phase: "changes",
  since: before(600),
  error: "",
  read: 500,
  total: 500,
  changes: 12,
  refused: 0,
  last_change: before(4),
  lag_seconds: 0.4,
  seen: before(1),
  alive: true,
  ...more,
});
const named = (one) => Object.fromEntries(one.facts.map((fact) => [fact.name, fact.words]));

test("a frame that tells nothing yet makes cards of dashes, and never of zeros", () => {
  for (const one of cards({}, NOW, "https://dash.example")) {
    if (one.id === "files") continue;
    assert.equal(one.value, "–", one.id);
    assert.equal(one.word, "unknown", one.id);
    assert.deepEqual(one.facts, [], one.id);
  }
  assert.deepEqual(unknown({}), { attributes: null, left: null });
  assert.equal(stages({}), null);
  assert.equal(verdict(undefined, [], NOW), undefined);
  assert.deepEqual([causes(undefined, {}), differences(undefined, {}, {}), flow(null, undefined)], [[], [], ""]);
});

test("a source that is not connected teaches how, with this page's own address", () => {
  const none = { sources: { mongodb: null, seen: [] }, ingest: {} };
  assert.match(card("mongodb", none).onboarding.lines, /^CHAT_MONGODB_URL=.*\nCHAT_MONGODB_DATABASE=/);
  assert.match(card("otlp", none).onboarding.lines, /https:\/\/dash\.example\/v1\/traces\n.*Bearer%20YOUR_KEY/);
  assert.match(
    card("loki", none).onboarding.lines,
    /^LOKI_URL=https:\/\/dash\.example\/k\/YOUR_KEY\/loki\/api\/v1\/push$/,
  );
  assert.match(card("http", none).onboarding.lines, /^curl -X POST https:\/\/dash\.example\/api\/v1\/events/);
  assert.equal(
    card("http", { ...none, newest: before(4) }).value,
    "0",
    "a server that has just begun again has counted none, and needs no lesson",
  );
  assert.match(card("files", none).onboarding.lines, /import_events/);
  assert.equal(card("files", none).value, null);
});

test("the follower of MongoDB: following, with its lag and the newest change", () => {
  const one = mongodb(follower({}));
  assert.deepEqual(
    [one.word, one.well, one.value, one.unit, one.at],
    ["following", "good", "12", "changes", before(4)],
  );
  assert.deepEqual(named(one), {
    History: "500 documents",
    Lag: "400 ms",
    "Refused documents": "0",
    "Last heard of": "1 s ago",
  });
  assert.equal(one.trouble, null);
  assert.equal(mongodb(follower({ total: 0, read: 0 })).facts[0].words, "read before");
  const refused = mongodb(follower({ refused: 3 })).facts.find((fact) => fact.name === "Refused documents");
  assert.deepEqual([refused.bad, refused.href], [true, "#not-understood"]);
});

test("history shows a share, never more than all, and what is left", () => {
  const one = mongodb(follower({ phase: "history", since: before(60), read: 250, total: 1000, changes: 0 }));
  assert.deepEqual([one.value, one.unit, one.bar.share], ["25", "%", 0.25]);
  assert.equal(one.bar.words, "250 of about 1,000 documents, about 3 min left");
  assert.equal(mongodb(follower({ phase: "history", read: 1200, total: 1000 })).value, "100");
  const unsized = mongodb(follower({ phase: "history", read: 7, total: 0 }));
  assert.deepEqual([unsized.value, unsized.unit, unsized.bar.share], ["7", "documents", null]);
});

test("a MongoDB without change streams is polled, and that is said", () => {
  const one = mongodb(follower({ phase: "polling" }));
  assert.deepEqual([one.word, one.well], ["polling", "good"]);
  assert.match(one.note, /no change streams/);
});

test("a follower that waits says since when, why, and what to do", () => {
  const waits = (error) => mongodb(follower({ phase: "waiting", error }));
  const one = waits("ServerSelectionTimeoutError: db:27017: connection refused (configured timeouts: x");
  assert.deepEqual([one.word, one.well], ["waiting", "bad"]);
  assert.match(
    one.trouble.words,
    /^Waiting since \d\d:\d\d:\d\d\. ServerSelectionTimeoutError: db:27017: connection refused$/,
  );
  assert.match(one.trouble.advice, /Check that MongoDB runs.*tries again by itself/);
  assert.equal(named(one).Lag, "–");
  assert.match(waits("OperationFailure: Authentication failed.").trouble.advice, /password/);
  assert.match(waits("SomethingElse: odd").trouble.advice, /The log of the server/);
});

test("a follower that is gone is not called following; one that has not begun is not called gone", () => {
  const gone = mongodb(follower({ alive: false, seen: before(90) }));
  assert.deepEqual([gone.word, gone.well], ["not running", "critical"]);
  assert.match(gone.trouble.words, /1 min/);
  assert.equal(named(gone).Lag, "–");
  const starting = mongodb({ phase: "starting", alive: false });
  assert.deepEqual([starting.word, starting.well, starting.value, starting.facts], ["starting", "off", "–", []]);
});

test("OpenTelemetry: spans by what became of them, every dialect with its age", () => {
  const some = [
    seen("otlp", "span", "call", 30),
    seen("otlp", "span", "not genai", 12),
    seen("otlp", "dialect", "langfuse", 9, 120),
    seen("otlp", "dialect", "gen_ai to 1.36", 21),
    seen("otlp", "attribute", "x.y", 2),
  ];
  const one = card("otlp", { sources: { mongodb: null, seen: some } });
  assert.deepEqual([one.word, one.value, one.at], ["receiving", "42", before(10)]);
  assert.deepEqual(named(one), {
    "Model calls": "30",
    "Other operations": "0",
    "Not GenAI": "12",
    "Attributes not understood": "1",
  });
  assert.deepEqual(
    one.names.rows.map((row) => [row.name, row.words, row.age]),
    [
      ["gen_ai, to 1.36", "21", "10 s ago"],
      ["Langfuse", "9", "2 min ago"],
    ],
  );
  assert.equal(one.note, "");
});

test("a source that was heard of long ago is quiet; spans without a model's work are wondered at", () => {
  const one = card("otlp", { sources: { mongodb: null, seen: [seen("otlp", "span", "not genai", 5, 3600)] } });
  assert.deepEqual([one.word, one.well], ["quiet", "off"]);
  assert.match(one.note, /instrumentation/);
});

test("Loki: what was dropped is counted by name, what was kept only where it is told", () => {
  const lines = ["a", "b", "c", "d", "e"].map((name, i) => seen("loki", "line", name, 10 - i));
  const one = card("loki", { sources: { mongodb: null, seen: lines } });
  assert.deepEqual([one.value, one.unit, named(one)["Security events kept"]], ["40", "lines not kept", "–"]);
  assert.deepEqual(
    one.names.rows.map((row) => row.name),
    ["a", "b", "c", "2 others"],
  );
  const told = card("loki", { sources: { mongodb: null, seen: [...lines, seen("loki", "event", "access", 2)] } });
  assert.deepEqual([told.value, told.unit, named(told)["Security events kept"]], ["42", "lines", "2"]);
});

test("HTTP events: the door's counters, and the age of the newest one it took", () => {
  const frame = (newest) => ({ ingest: { waiting_events: 0, accepted_events: 7, rejected_events: 1, newest } });
  const one = card("http", frame(null));
  assert.deepEqual([one.word, one.value, one.at, one.never], ["open", "7", null, "newest –"]);
  assert.deepEqual(
    one.facts.filter((fact) => fact.bad).map((fact) => fact.name),
    ["Rejected events"],
  );
  assert.deepEqual([card("http", frame(before(5))).word, card("http", frame(before(5))).at], ["receiving", before(5)]);
  assert.equal(card("http", frame(before(9_999))).word, "quiet");
});

test("what was not understood: attributes apart from what was dropped, and not what was understood", () => {
  const state = {
    sources: {
      seen: [
        seen("otlp", "attribute", "x.y", 2),
        seen("otlp", "span", "call", 1),
        seen("otlp", "dialect", "langfuse", 1),
        seen("loki", "event", "access", 1),
        seen("loki", "line", "free text", 9),
        seen("mongodb", "refused", "message role", 1),
        seen("rest", "dropped", "content", 4),
        seen("files", "unreadable", "cost", 3),
        seen("rest", "refused", "whole request, 401", 12),
        seen("rest", "refused", "whole request, 418", 1),
      ],
    },
  };
  const { attributes, left } = unknown(state, { 401: "missing or invalid key (401)" }, SOURCES);
  assert.deepEqual(
    attributes.map((row) => [row.from, row.name]),
    [["OpenTelemetry", "x.y"]],
  );
  assert.deepEqual(
    left.map((row) => `${row.from}, ${row.what}: ${row.name}`),
    [
      "Loki, log line: free text",
      "MongoDB, refused document: message role",
      "HTTP, dropped field: content",
      "Files, unreadable value: cost",
      "HTTP, refused event: request refused: missing or invalid key (401)",
      "HTTP, refused event: request refused: status 418",
    ],
  );
  assert.equal(new Set([...attributes, ...left].map(key)).size, 7);
  assert.deepEqual(
    search(left, " DOCUMENT role").map((row) => row.name),
    ["message role"],
  );
  assert.equal(search(left, "").length, 6);
});

const NAMES = { total_cost: ["Cost", "US$"], average_response_time: ["Average wait", "s"] };
const SENTENCES = {
  "wrong clock": ["the application measures otherwise", true],
  late: ["it changed a moment ago", true],
  "role case": ["", true],
};
const judged = (given) => verdict(given, causes(given, SENTENCES), NOW);
const report = (more) => ({
  began: before(3605),
  ended: before(3600),
  seconds: 4.81,
  sessions: 1240,
  messages: 18310,
  moving: 0,
  compared: 1198,
  elsewhere: 0,
  counts: {},
  differences: [],
  error: "",
  ...more,
});

test("a good check is said in a few words", () => {
  const said = judged(report({}));
  assert.deepEqual([said.well, said.word], ["good", "figures match"]);
  assert.deepEqual(
    said.facts.map((fact) => fact.words),
    ["1 h ago", "1,240", "18,310", "1,198 sessions", "4.8 s"],
  );
  assert.equal(judged(null), null, "never checked is not unknown");
});

test("what the application counts wrongly is told apart from what is wrong here", () => {
  const explained = report({ counts: { application: { "role case": 3, late: 1 } } });
  assert.deepEqual(
    [judged(explained).well, judged(explained).word],
    ["busy", "4 differences, all explained by the application or the moment"],
  );
  const bad = report({ counts: { application: { "role case": 3 }, recalculation: { unknown: 1 } } });
  assert.deepEqual([judged(bad).well, judged(bad).word], ["critical", "4 differences, 1 to look into"]);
  assert.deepEqual(
    causes(bad, SENTENCES).map((one) => [one.title, one.shown, one.harmless]),
    [
      ["Unknown, against its messages", "1", false],
      ["Role case, against the application", "3", true],
    ],
  );
  const late = report({ counts: { application: { late: 1 } } });
  assert.deepEqual(
    [causes(late, SENTENCES)[0].words, causes(bad, SENTENCES)[0].words],
    ["It changed a moment ago.", ""],
    "the page was given the sentence, or has none",
  );
  const alone = report({ counts: { recalculation: { late: 1 } } });
  assert.equal(judged(alone).word, "1 difference", "what our own messages say otherwise is never explained away");
});

test("where the application could not be asked, its comparison is unknown", () => {
  const said = judged(report({ compared: 0, error: "ServerSelectionTimeoutError" }));
  assert.equal(said.facts[3].words, "–");
  assert.equal(said.error, "ServerSelectionTimeoutError");
  assert.equal(judged(report({ compared: 0 })).facts[3].words, "not compared");
});

test("why the check itself fails comes from its job, and not from its report", () => {
  assert.equal(
    failing([
      { name: "log-ins", error: "odd" },
      { name: "consistency check", error: "TypeError: odd" },
    ]),
    "TypeError: odd",
  );
  assert.deepEqual([failing([]), failing(undefined)], ["", ""]);
});

test("differences show every digit, and lead to the session where there is one", () => {
  const one = (figure, ours, theirs, session = "a/b") => ({
    session,
    figure,
    ours,
    theirs,
    against: "application",
    cause: "wrong clock",
  });
  const rows = differences(
    {
      differences: [
        one("total_cost", 0.000421, 0.0004),
        one("average_response_time", 2.418231, 0.9),
        one("message_count", null, 14),
        one("hours", { 3: 1, 4: 2 }, { 3: 3 }),
        one("last_message_at", "2026-11-22T09:00:00.5Z", null),
      ],
    },
    SENTENCES,
    NAMES,
  );
  assert.deepEqual(
    rows.map((row) => [row.here, row.there]),
    [
      ["US$ 0.000421", "US$ 0.0004"],
      ["2.418231 s", "0.9 s"],
      ["–", "14"],
      ["{3:1, 4:2}", "{3:3}"],
      ["2026-11-22T09:00:00.5Z", "–"],
    ],
  );
  assert.deepEqual(
    rows.map((row) => row.href),
    ["/sessions/a%2Fb/", "/sessions/a%2Fb/", null, "/sessions/a%2Fb/", "/sessions/a%2Fb/"],
  );
  assert.deepEqual([rows[0].figure, rows[0].words], ["Cost", "The application measures otherwise."]);
});

test("a stage that is behind says so, and the line above names it", () => {
  const rows = stages({
    stages: {
      stats: { position: 10, behind: 0, lag_seconds: 0 },
      security: { position: 4, behind: 6, lag_seconds: 40 },
      alerts: {},
    },
  });
  assert.deepEqual(
    rows.map((row) => [row.name, row.word]),
    [
      ["Statistics", "up to date"],
      ["Security log", "behind"],
      ["alerts", "unknown"],
    ],
  );
  assert.equal(
    flow(rows, { waiting_events: 1 }),
    "Security log is behind; the log of the pipeline's process says why, if one runs; 1 event waits to be written",
  );
});

test("a cache that is full is as it should be, a queue that is full is alarming", () => {
  const [queue, cache, batch] = bounds({
    bounds: [
      { name: "frames kept", used: 500, limit: 500, unit: "frames", usual: true },
      { name: "largest group", used: 90, limit: 100, unit: "events", usual: true },
      { name: "events waiting", used: 100, limit: 100, unit: "events", usual: false },
    ],
  });
  assert.deepEqual([queue.name, queue.word, queue.well], ["events waiting", "at the limit", "critical"]);
  assert.deepEqual([cache.name, cache.word, cache.well], ["frames kept", "full (normal)", "good"]);
  assert.deepEqual([batch.name, batch.word, batch.well], ["largest group", "OK", "good"]);
  assert.equal(room([queue, cache, batch]).split(":")[0], "events waiting");
});

test("bounds: the nearest first, near and reached in words, and unknown is not empty", () => {
  assert.equal(bounds({}), null);
  assert.equal(room(null), "");
  const rows = bounds({
    bounds: [
      { name: "events waiting", used: 10, limit: 100, unit: "events" },
      { name: "disk", used: 8.5e9, limit: 1e10, unit: "bytes" },
      { name: "open sockets", used: 1, limit: 1, unit: "sockets" },
      { name: "frames under way to a socket", used: 1, limit: 1, unit: "frames", usual: true },
    ],
  });
  assert.deepEqual(
    rows.map((row) => [row.name, row.word, row.used, row.limit]),
    [
      ["open sockets", "at the limit", "1 socket", "1 socket"],
      ["disk", "near", "8.5 GB", "10 GB"],
      ["frames under way to a socket", "full (normal)", "1 frame", "1 frame"],
      ["events waiting", "OK", "10 events", "100 events"],
    ],
  );
  assert.match(room(rows), /^open sockets, disk: at the limit/);
  assert.match(room(rows.slice(2)), /^none is close/);
});

test("here, there and their difference are each sorted by their own numbers, what is no number last", () => {
  const one = (ours, theirs) => ({
    session: "s",
    figure: "total_cost",
    ours,
    theirs,
    against: "application",
    cause: "late",
  });
  const rows = differences({ differences: [one(10, 9), one(2, 100), one({ 3: 1 }, null)] }, SENTENCES, NAMES);
  const order = (sort) => arrange(rows, [{ id: "x", sort }], { by: "x", down: true }).map((row) => row.key);
  assert.deepEqual(
    [order((row) => row.ours), order((row) => row.theirs), order((row) => row.size)],
    [
      ["0", "1", "2"],
      ["1", "0", "2"],
      ["1", "0", "2"],
    ],
  );
  assert.deepEqual(
    rows.map((row) => row.apart),
    ["US$ 1", "US$ 98", "–"],
  );
});

test("a stage that stands still, and a job that fails, are named before anything else", () => {
  const stage = { position: 4337, behind: 14580, lag_seconds: 300, stalled_seconds: 290 };
  const [row] = stages({ stages: { stats: stage } });
  assert.deepEqual([row.word, row.well], ["has not moved for 4 min 50 s", "critical"]);
  assert.equal(
    flow([row], {}),
    "Statistics stands at entry 4,337, 14,580 entries behind, and has not moved for 4 min 50 s",
  );
  const [well] = stages({ stages: { stats: { ...stage, stalled_seconds: 3 } } });
  assert.equal(well.word, "behind");
  assert.equal(
    flow([well], {}, [{ name: "consistency check", error: "TypeError: odd" }]),
    "Failing: consistency check (TypeError: odd)",
  );
});
