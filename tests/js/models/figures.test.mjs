import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { csv, curl, facts, session, tiles } from "../../../static/js/models/figures.js";
import { arrange, sheet } from "../../../static/js/views/table.js";

const base = { step: 60, from: 600, now: new Date(785_000).toISOString(), buckets: [] };

test("tiles: what is unknown is a dash without a unit, and never a zero", () => {
  for (const tile of tiles({ ...base, tiles: {} })) {
    assert.equal(tile.value, "–");
    assert.equal(tile.unit, "");
    assert.equal(tile.change, null);
  }
});

test("tiles: a slower answer is bad, a busier hour is not", () => {
  const found = Object.fromEntries(
    tiles({
      ...base,
      tiles: {
        response_p50: { value: 2.4, before: 2, at: null },
        response_p95: { value: 8.9, before: 6.8, at: null },
        messages_per_minute: { value: 342, before: 100, at: null },
        error_rate: { value: 0.018, before: 0.001, at: null },
      },
    }).map((tile) => [tile.id, tile]),
  );
  assert.deepEqual([found.response.value, found.response.unit], ["2.4", "s / 8.9 s"]);
  assert.deepEqual(found.response.change, { words: "▲ 31 % slower", bad: true });
  assert.equal(found.messages.change.bad, false);
  assert.deepEqual(found.errors.change, { words: "▲ 1.7 points more", bad: true });
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
    const { words, why } = session({ message_count, conversation_duration: 0 }, 0).find(
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

test("a session that ended says when and why", () => {
  const words = facts(
    { owner: "kestrel-41", ended_at: "2026-11-22T09:00:00Z", end_reason: "timeout" },
    Date.parse("2026-11-22T09:02:00Z"),
  ).map((fact) => fact.words);
  assert.deepEqual(words, ["by kestrel-41", "ended 2 min ago (timeout)"]);
});

test("the command that is taught gives, in a shell, a valid CloudEvent of now", () => {
  const text = curl("http://h", "sbd_k");
  assert.match(text, /http:\/\/h\/api\/v1\/events/);
  const shown = execFileSync("sh", ["-c", `curl() { for last; do :; done; printf %s "$last"; }\n${text}`], {
    encoding: "utf8",
  });
  const event = JSON.parse(shown);
  assert.equal(event.specversion, "1.0");
  assert.equal(event.type, "message");
  assert.ok(Math.abs(Date.parse(event.time) - Date.now()) < 5000);
  assert.equal(event.data.session_id, "hello");
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
