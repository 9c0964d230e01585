import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { csv, curl, endedWords, facts, session, tiles } from "../../../static/js/models/figures.js";
import { arrange, sheet } from "../../../static/js/views/table.js";

const base = { step: 60, from: 600, now: new Date(785_000).toISOString(), buckets: [] };

test("tiles: what is unknown is a dash without a unit, and never a zero", () => {
  for (const tile of tiles({ ...base, tiles: {} })) {
    assert.equal(tile.value, "–");
    assert.equal(tile.unit, "");
    assert.equal(tile.change, null);
  }
});

test("tiles: a rate of zero is unknown while the newest event is old, and where sbdash did not run", () => {
  const now = Date.parse(base.now);
  const rate = (at, more = {}) => {
    const tile = { value: 0, before: 7, at: new Date(now - at * 1000).toISOString() };
    const found = tiles({ ...base, tiles: { messages_per_minute: tile, tokens_per_minute: tile }, ...more });
    return found.filter(({ id }) => id === "messages" || id === "tokens").map(({ value }) => value);
  };
  const away = (from, to) => ({
    layer: { gaps: [{ from: now / 1000 - from, to: now / 1000 - to, kind: "down", words: "" }], marks: [] },
  });
  assert.deepEqual(rate(10), ["0", "0"]);
  assert.deepEqual(rate(130), ["–", "–"]);
  assert.deepEqual(rate(10, away(300, 30)), ["–", "–"]);
  assert.deepEqual(rate(10, away(300, 90)), ["0", "0"]);
  assert.deepEqual(rate(130, { tiles_of: "window" }), ["0", "0"]);
});

const compared = {
  response_p50: { value: 2.4, before: 2, at: null },
  response_p95: { value: 8.9, before: 6.8, at: null },
  messages_per_minute: { value: 342, before: 100, at: null },
  error_rate: { value: 0.018, before: 0.001, at: null },
  cost_today: { value: 3, before: 3, at: null },
};
const byId = (state) =>
  Object.fromEntries(tiles({ ...base, tiles: compared, ...state }).map((tile) => [tile.id, tile]));

test("tiles of a fixed time say what they are of it, and do not age", () => {
  const aged = { ...compared, messages_per_minute: { value: 342, before: 100, at: new Date(0).toISOString() } };
  const found = byId({ tiles: aged, tiles_of: "window" });
  assert.deepEqual([found.messages.label, found.messages.at, found.messages.change], ["Messages, average", null, null]);
  assert.equal(byId({ tiles: aged }).messages.label, null);
});

test("tiles: a change says against what, and stands beside the figure it belongs to", () => {
  const now = new Date(2026, 10, 28, 20, 17);
  const found = byId({ now: now.toISOString(), from: now / 1000 - 900 });
  assert.deepEqual([found.response.value, found.response.unit], ["2.4", "s / 8.9 s"]);
  assert.equal(found.response.change.words, "p50 ▲ 20 %");
  assert.equal(found.response.change.basis.words, "on last Sat 20 h");
  assert.match(found.response.change.basis.exact, /^against 2026-11-21 20:00 to 21:00 \S+$/);
  assert.deepEqual([found.errors.change.words, found.messages.change.words], ["▲ 1.7 points", "▲ 242 %"]);
  assert.equal(found.cost.change.words, "no change");
  assert.match(found.cost.change.basis.exact, /^against the UTC day of 2026-11-2\d, up to 20:00 \S+$/);
});

test("tiles: a change is amber only while the same is called for attention", () => {
  const called = (kind, severity = "warning") => ({
    attention: [{ kind, words: "", href: "", severity, since: null }],
  });
  const bad = (state) =>
    tiles({ ...base, tiles: compared, ...state }).flatMap(({ id, change }) => (change?.bad ? [id] : []));
  assert.deepEqual(bad({}), []);
  assert.deepEqual(bad(called("slower")), ["response"]);
  assert.deepEqual(bad(called("slower", "unknown")), []);
  assert.deepEqual(bad(called("errors", "critical")), ["errors"]);
  assert.deepEqual(bad(called("disk")), []);
  const faster = { ...compared, response_p50: { value: 1, before: 2, at: null } };
  assert.deepEqual(bad({ ...called("slower"), tiles: faster }), []);
});

test("a session's eight figures come first, and unknown ones are dashes", () => {
  const entries = session({ message_count: 3, models: { m: { messages: 2, tokens: 10 } } }, 0);
  assert.deepEqual(
    entries.slice(0, 8).map((entry) => entry.lesser),
    Array(8).fill(false),
  );
  assert.equal(entries[0].words, "3");
  assert.equal(entries[4].words, "–");
  assert.equal(entries.at(-1).words, "2 messages · 10 tokens");
});

test("a mean over no answers is unknown and says why, not 0", () => {
  const bare = {
    message_count: 1,
    responses: 0,
    average_response_time: 0,
    average_time_to_start: 0,
    response_p50: null,
    engagement: null,
    messages_per_minute: null,
    failed_messages: 0,
    models: {},
  };
  const found = Object.fromEntries(session(bare, 0).map((entry) => [entry.key, [entry.words, entry.why]]));
  for (const key of ["average_response_time", "average_time_to_start", "response_p50"])
    assert.deepEqual(found[key], ["–", "no answered question"], key);
  for (const key of ["engagement", "messages_per_minute"])
    assert.deepEqual(found[key], ["–", "no time between messages"], key);
  assert.deepEqual(found.failed_messages, ["0", ""]);
  const answered = session({ ...bare, responses: 2, average_response_time: 1.5 }, 0).find(
    (entry) => entry.key === "average_response_time",
  );
  assert.deepEqual([answered.words, answered.why], ["1.5 s", ""]);
});

test("a session without a message has no duration, as in the lists", () => {
  const of = (message_count) => {
    const { words, why } = session({ message_count, conversation_duration: 0, models: {} }, 0).find(
      (entry) => entry.key === "conversation_duration",
    );
    return [words, why];
  };
  assert.deepEqual(
    [of(0), of(1)],
    [
      ["–", "no message"],
      ["0 s", ""],
    ],
  );
});

test("a session that ended says when and why, and its owner leads to their sessions where there is a list", () => {
  const row = {
    owner: "kestrel-41",
    session_type: "VECTOR",
    state: "ended",
    ended_at: "2026-11-22T09:00:00Z",
    end_reason: "timeout",
  };
  const now = Date.parse("2026-11-22T09:02:00Z");
  const words = facts(row, now).map((fact) => fact.words);
  assert.deepEqual(words, ["timed out", "owner kestrel-41", "type vector", "ended 2 min ago"]);
  const links = facts(row, now, (owner) => `/sessions/?owner=${owner}`).flatMap(({ href }) => href || []);
  assert.deepEqual(links, ["/sessions/?owner=kestrel-41"]);
  assert.equal(endedWords(row, now), "Ended 2 min ago");
  const open = { ...row, owner: "nobody", state: "idle", ended_at: null, end_reason: null };
  assert.deepEqual(
    facts(open, now).map((fact) => fact.words),
    ["idle", "type vector"],
  );
  assert.equal(endedWords(open, now), "", "it can still change");
});

test("the command that is taught gives, in a shell, a question and an answer of now", () => {
  const text = curl("http://h", "sbd_k");
  assert.match(text, /http:\/\/h\/api\/v1\/events/);
  const shown = execFileSync("sh", ["-c", `curl() { for last; do :; done; printf %s "$last"; }\n${text}`], {
    encoding: "utf8",
  });
  const [question, answer] = JSON.parse(shown);
  for (const event of [question, answer]) {
    assert.equal(event.specversion, "1.0");
    assert.equal(event.type, "message");
    assert.ok(Math.abs(Date.parse(event.time) - Date.now()) < 5000);
    assert.equal(event.data.session_id, "hello");
  }
  assert.deepEqual([question.data.role, answer.data.role], ["user", "assistant"]);
  assert.ok(Date.parse(question.time) < Date.parse(answer.time) || question.time < answer.time);
  assert.match(curl("http://h", ""), /Bearer YOUR_KEY/);
});

test("a file of figures quotes, leaves unknown empty, and defuses formulas", () => {
  assert.equal(
    csv(
      ["Time", 'a "b", c'],
      [
        ["=1+1", null],
        ["x", -2.5],
      ],
    ),
    '"Time","a ""b"", c"\r\n"\'=1+1",\r\n"x",-2.5\r\n',
  );
  const cells = {
    " =1+1": "' =1+1",
    "＝1+1": "'＝1+1",
    "\u200b\t@x": "'\u200b\t'@x",
    "\t=1": "\t'=1",
    "\tx": "'\tx",
    "\rx": "'\rx",
    "x;=1": "x;'=1",
    "x; ＋1": "x;' ＋1",
    "a,-b": "a,'-b",
    "x\n=1": "x\n'=1",
    "a-b=c@d": "a-b=c@d",
    "": "",
  };
  for (const [text, defused] of Object.entries(cells))
    assert.equal(csv([], [[text]]), `\r\n"${defused}"\r\n`, JSON.stringify(text));
});

test("sorted rows keep the unknown last either way", () => {
  const columns = [{ id: "wait", sort: (row) => row.wait }];
  const rows = [{ wait: 2 }, { wait: null }, { wait: 9 }];
  const order = (down) => arrange(rows, columns, { by: "wait", down }).map((row) => row.wait);
  assert.deepEqual(order(true), [9, 2, null]);
  assert.deepEqual(order(false), [2, 9, null]);
  assert.equal(arrange(rows, columns, null), rows);
});

test("a column that does not say how is sorted by its words, a dash last", () => {
  const columns = [{ id: "state", name: "State", cell: (row) => ({ text: row.state }) }];
  const rows = [{ state: "near" }, { state: "–" }, { state: "full" }];
  const order = (down) => arrange(rows, columns, { by: "state", down }).map((row) => row.state);
  assert.deepEqual(
    [order(false), order(true)],
    [
      ["full", "near", "–"],
      ["near", "full", "–"],
    ],
  );
  assert.deepEqual(sheet(columns, rows)[1], [["near"], [null], ["full"]]);
});
