/** Charts and tables in zones whose clocks repeat an hour, or begin theirs at another minute than UTC. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { look as read } from "../../../static/js/charts/colours.js";
import { created } from "../../../static/js/charts/created.js";
import { delay } from "../../../static/js/charts/delay.js";
import { errors } from "../../../static/js/charts/errors.js";
import { heat } from "../../../static/js/charts/heat.js";
import { messages as messages_ } from "../../../static/js/charts/messages.js";
import { processLoad as load } from "../../../static/js/charts/process.js";
import { response } from "../../../static/js/charts/response.js";
import { timeline } from "../../../static/js/charts/session-timeline.js";
import { sessions } from "../../../static/js/charts/sessions.js";
import { when } from "../../../static/js/charts/template.js";
import { tokens } from "../../../static/js/charts/tokens.js";
import { trend } from "../../../static/js/charts/trend.js";
import { clockTicks, hoverWords } from "../../../static/js/charts/zone.js";
import { minute } from "../../../static/js/models/sessions-list.js";

const HOUR = 3600;
/** At one in the morning, UTC, the clocks of Berlin go back from three to two. */
const BACK = Date.UTC(2026, 9, 25, 1) / 1000;
const look = read((name) => `colour(${name})`);
const wait = { p50: 2, p95: 6, p99: 9, count: 2 };
const DAY = Date.UTC(2026, 0, 1);
const SIZE = { width: 900, height: 300 };
const iso = (s) => new Date(s * 1000).toISOString();

function inZone(name, act) {
  const before = process.env.TZ;
  process.env.TZ = name;
  try {
    return act();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

/** A state in which something happened in each half hour of twelve hours. */
const own = { lag: 0.5, newest_age: 1, memory: 2e8, cpu: 0.1, refused: 1, rejected: 0, dropped: 0 };

function busy(from) {
  const times = Array.from({ length: 24 }, (_, i) => from + i * 1800);
  const now = iso(from + 12 * HOUR);
  const buckets = times.map((t) => ({
    t,
    messages: { user: 3 },
    tokens: { a: 5 },
    wait,
    started: 1,
    active: 4,
    errors: { message: 1 },
  }));
  const hours = times.map((t) => ({ t, started: 2, ended: { closed: 1 } }));
  const points = times.map((t) => ({ t, ...wait, before: { low: 1, p50: 2, high: 3 } }));
  return {
    range: "24h",
    step: 1800,
    from,
    now,
    buckets,
    health: { step: 1800, points: times.map((t) => ({ ...own, t })) },
    report: { days: 7, created_per_hour: hours, trend: { step: HOUR, points } },
  };
}

const CHARTS = { created, delay, errors, load, messages: messages_, response, sessions, tokens, trend };

const ordered = (values) => values.every((value, i) => !i || value > values[i - 1]);

test("messages around the end of summer time are drawn in their order", () =>
  inZone("Europe/Berlin", () => {
    const messages = [-3000, -600, 600, 3000, 6000].map((s, i) => ({
      id: `m${i}`,
      at: iso(BACK + s),
      role: "user",
      status: "completed",
    }));
    const data = timeline.rows({ messages, votes: [], operations: [], marks: [], now: iso(BACK + 9000) });
    const { x } = timeline.figure(data, look, SIZE).data[0];
    assert.ok(ordered(x), String(x));
    assert.deepEqual(
      x.map((at) => at - x[0]),
      messages.map(({ at }) => Date.parse(at) - Date.parse(messages[0].at)),
    );
  }));

test("every chart over time stays in order over a changed clock", () => {
  for (const [zone, from] of [
    ["Europe/Berlin", BACK],
    ["America/New_York", Date.UTC(2026, 10, 1, 6) / 1000],
    ["Australia/Lord_Howe", Date.UTC(2026, 3, 4, 15) / 1000],
  ]) {
    inZone(zone, () => {
      for (const [name, chart] of Object.entries(CHARTS)) {
        const lines = chart
          .figure(chart.rows(busy(from - 6 * HOUR)), look, SIZE)
          .data.filter((one) => one.fill !== "toself");
        assert.ok(lines.length && lines.every(({ x }) => ordered(x)), `${name} in ${zone}`);
      }
    });
  }
});

test("marks of an axis stand at round times of the viewer's clock, the repeated hour twice", () =>
  inZone("Europe/Berlin", () => {
    const around = clockTicks([(BACK - 2 * HOUR) * 1000, (BACK + 2 * HOUR) * 1000], 6);
    assert.deepEqual(around.ticktext, ["01:00", "02:00", "02:00", "03:00", "04:00"].slice(0, around.ticktext.length));
    assert.ok(ordered(around.tickvals));
    const week = clockTicks([(BACK - 72 * HOUR) * 1000, (BACK + 72 * HOUR) * 1000], 8);
    assert.deepEqual(
      week.ticktext,
      ["Fri 23", "Sat 24", "Sun 25", "Mon 26", "Tue 27", "Wed 28"].slice(0, week.ticktext.length),
    );
    assert.equal(new Date(week.tickvals.at(-1)).getHours(), 0);
  }));

test("marks of an axis are few, and round in zones of half and quarter hours", () => {
  for (const [zone, from] of [
    ["Asia/Kolkata", "05:30"],
    ["Asia/Kathmandu", "05:45"],
    ["UTC", "00:00"],
  ]) {
    inZone(zone, () => {
      const { tickvals, ticktext } = clockTicks([DAY, DAY + 86_400_000], 9);
      assert.ok(tickvals.length >= 5 && tickvals.length <= 10, String(ticktext));
      assert.ok(
        ticktext.every((text) => text.endsWith(":00")),
        `${zone}: ${ticktext}`,
      );
      assert.equal(hoverWords(DAY, 60), `${from}:00`);
      assert.equal(hoverWords(DAY, HOUR), `Thu 1 Jan ${from}`);
    });
  }
  assert.deepEqual(
    clockTicks([200, 460], 4).ticktext.map((text) => text.slice(3)),
    ["00.200", "00.300", "00.400"],
  );
  for (const span of [0.3, 2, 10, 60, 900, 3600, 86_400, 7 * 86_400, 90 * 86_400])
    assert.ok(clockTicks([0, span * 1000], 9).tickvals.length <= 11, String(span));
});

test("a time that the clock shows twice is told with its zone", () =>
  inZone("Europe/Berlin", () => {
    const [first, second, other] = [BACK - 1800, BACK + 1800, BACK - 2 * HOUR].map((s) => when(s, HOUR));
    assert.notEqual(first, second);
    assert.ok(first.startsWith("2026-10-25 02:30 ") && second.startsWith("2026-10-25 02:30 "), first);
    assert.equal(other, "2026-10-25 01:00");
    assert.notEqual(minute(iso(BACK - 1800)), minute(iso(BACK + 1800)));
  }));

test("a cell of the heat map says which hour it counted, and opens that one", () => {
  for (const [zone, said, weekday, hour] of [
    ["Asia/Kolkata", "09:30–10:30", 0, 9],
    ["Asia/Kathmandu", "09:45–10:45", 0, 9],
    ["Europe/Berlin", "05:00–06:00", 0, 5],
  ]) {
    inZone(zone, () => {
      const from = Date.UTC(2026, 10, 23) / 1000;
      const messages = Array(48).fill(0);
      messages[4] = 7;
      const state = { heat: { from, messages }, now: iso(from + 48 * HOUR - 1) };
      const data = heat.rows(state);
      assert.equal(data.cells[weekday][hour].mean, 7);
      const table = heat.table(data).rows[weekday * 24 + hour];
      assert.equal(table[0], `Monday ${said}`);
      assert.match(heat.summary(data), new RegExp(`Busiest is Monday ${said} with 7`));
      assert.equal(
        heat.link(data, { index: weekday * 24 + hour }),
        `/sessions/?${new URLSearchParams({ since: "2026-11-23T04:00:00Z", until: "2026-11-23T05:00:00Z" })}`,
      );
      assert.equal(heat.sub(state).includes("hours from :"), zone.startsWith("Asia"));
    });
  }
});

test("sessions created each hour keep their hours", () =>
  inZone("Europe/Berlin", () => {
    const report = {
      days: 7,
      created_per_hour: [0, 1, 2, 3].map((n) => ({ t: BACK + (n - 2) * HOUR, started: n + 1, ended: {} })),
    };
    const table = created.table(created.rows({ report, now: iso(BACK + 3 * HOUR) }));
    assert.equal(new Set(table.rows.map(([time]) => time)).size, 4);
  }));

test("an axis without times has no marks", () => {
  for (const range of [
    [NaN, NaN],
    [0, NaN],
    [NaN, 0],
  ])
    assert.deepEqual(clockTicks(range, 5).tickvals, []);
});
