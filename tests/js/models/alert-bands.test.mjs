import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { clock, zone } from "../../../static/js/lib/format.js";
import { bandsOf, bandsSaid, bandWords, chartAt, LEFT_OUT, SHOWN } from "../../../static/js/models/alert-bands.js";

const FROM = Date.parse("2026-11-30T14:02:10Z") / 1000;
const NOW = Date.parse("2026-11-30T15:00:00Z");
const span = (more = {}) => ({
  ...{ id: 7, name: "Slow on average", figure: "response_average", scope: "", severity: "warning" },
  ...{ from: FROM, to: FROM + 1740, ...more },
});
const at = (seconds) => clock(seconds * 1000).slice(0, 5);

test("the table names figures and charts that there are", () => {
  const root = new URL("../../../", import.meta.url);
  const known = readFileSync(new URL("monitoring/alerts/figure.py", root), "utf8");
  const percents = (name) => `_quantile(${name.slice("response_p".length)})`;
  const charts = readdirSync(new URL("static/js/charts/", root)).map((name) =>
    readFileSync(new URL(`static/js/charts/${name}`, root), "utf8"),
  );
  for (const [chart, { figures }] of Object.entries(SHOWN)) {
    const [id, choice] = chart.split(" ");
    const [holder] = charts.filter((text) => text.includes(`\n  id: "${id}",`));
    assert.ok(holder, `there is no chart ${id}`);
    if (choice) assert.ok(holder.includes(`{ id: "${choice}",`), `${id} has no choice ${choice}`);
    for (const figure of figures)
      assert.ok(
        known.includes(`("${figure}", "`) || known.includes(percents(figure)),
        `no rule can use the figure ${figure} of ${chart}`,
      );
  }
});

test("a chart has the alerts of its figures alone, by its choice; of what is left out it knows since when", () => {
  const alerts = [span({ figure: "tokens", from: 5 }), span({ figure: "cost" }), span()];
  const names = (chart, choice) => bandsOf({ alerts, more: false }, chart, choice).alerts.map(({ figure }) => figure);
  assert.deepEqual(names("response"), ["response_average"]);
  assert.deepEqual(names("trend", ""), ["response_average"]);
  assert.deepEqual([names("models", "tokens"), names("models", "cost")], [["tokens"], ["cost"]]);
  assert.deepEqual([names("models", "shadow_cost"), names("histogram"), names("days")], [[], [], []]);
  assert.deepEqual(bandsOf({ alerts, more: true }, "messages"), { alerts: [], since: 5 });
  assert.equal(bandsOf({ alerts, more: true }, "histogram").since, null);
  assert.deepEqual(bandsOf(undefined, "response"), { alerts: [], since: null });
});

test("words: the times, with days where they are not today, since when it fires, a moment", () => {
  const here = zone(FROM * 1000);
  assert.equal(bandWords(span(), NOW), `Slow on average, ${at(FROM)}–${at(FROM + 1740)} ${here}, warning`);
  assert.equal(bandWords(span({ to: null }), NOW), `Slow on average, since ${at(FROM)} ${here}, warning`);
  assert.equal(bandWords(span({ to: FROM }), NOW), `Slow on average, ${at(FROM)} ${here}, warning`);
  assert.match(bandWords(span(), NOW + 3 * 86_400_000), /^Slow on average, 2026-\d\d-\d\d \d\d:\d\d–\d\d:\d\d /);
  assert.match(bandWords(span({ to: FROM + 200_000 }), NOW + 5 * 86_400_000), /, 2026\S+ \S+–2026\S+ /);
});

test("the sentence of a chart names the newest alerts, and says what is left out", () => {
  assert.equal(bandsSaid({ alerts: [], since: null }, NOW), "");
  assert.equal(bandsSaid({ alerts: [span()], since: null }, NOW), ` Alerts: ${bandWords(span(), NOW)}.`);
  const many = Array.from({ length: 8 }, (_, i) => span({ name: `n${i}` }));
  assert.match(bandsSaid({ alerts: many, since: 5 }, NOW), /^ Alerts: 3 before; n3, .*; n7, [^;]*\. Older alerts/);
  assert.equal(bandsSaid({ alerts: [], since: 5 }, NOW), ` ${LEFT_OUT}`);
});

test("an alert leads to the chart of its figure around its time, and not after now", () => {
  const row = { figure: "response_average", scope: "", from: "2026-11-30T14:00:00Z", to: "2026-11-30T14:10:00Z" };
  assert.equal(chartAt(row, NOW), "/?from=2026-11-30T13:30:00Z&to=2026-11-30T14:40:00Z#chart-response");
  assert.equal(
    chartAt({ ...row, to: null }, NOW),
    "/?from=2026-11-30T13:00:00Z&to=2026-11-30T15:00:00Z#chart-response",
  );
  assert.match(chartAt({ ...row, figure: "cost" }, NOW), /^\/usage\/\?.*#chart-by-day$/);
  assert.equal(chartAt({ ...row, scope: "a session" }, NOW), undefined);
  assert.equal(chartAt({ ...row, figure: "suspicious_events" }, NOW), undefined);
  const long = chartAt({ ...row, from: "2024-01-01T00:00:00Z" }, NOW);
  const [from, to] = [...long.matchAll(/2\d{3}-[^&#]*/g)].map(([text]) => Date.parse(text));
  assert.ok(to - from <= 400 * 86_400_000 && to <= NOW);
});
