import assert from "node:assert/strict";
import { test } from "node:test";
import { alertBands } from "../../../static/js/charts/alert-bands.js";
import { withAlerts } from "../../../static/js/charts/alert-column.js";
import { layered } from "../../../static/js/charts/layer.js";
import { dayAxis, layout, timeAxis } from "../../../static/js/charts/template.js";
import { look } from "../look.mjs";

const NOW = 3_600_000;
const AXIS = { start: 0, end: 3600, width: 600, height: 200 };
const alert = (from, to, more = {}) => ({
  ...{ id: from + 1, name: `at ${from}`, figure: "messages", scope: "", severity: "warning", from, to },
  ...more,
});
const draw = (alerts, since = null, axis = AXIS) => alertBands({ alerts, since }, axis, look, NOW);
const ends = ({ shapes }) => shapes.map(({ x0, x1 }) => [x0 * 600, x1 * 600].map(Math.round));

test("an alert is a thin band above the plot, in the colour of its severity, and opens on a click", () => {
  const { shapes, annotations } = draw([alert(900, 1800, { severity: "critical", name: "<b>Slow" })]);
  const [band] = shapes;
  assert.deepEqual([band.x0, band.x1, band.fillcolor], [0.25, 0.5, look.critical]);
  assert.ok(band.y0 > 1 && (band.y1 - 1) * 200 <= 12, "it lies in the margin of the plot");
  const [area] = annotations;
  assert.deepEqual([area.x, area.width, area.href, area.captureevents], [0.375, 150, "/alerts/?alert=901", true]);
  assert.match(area.hovertext, /^&lt;b>Slow, .*, critical$/);
});

test("what fires ends now; a moment can be seen and hit; what lies outside is cut or not drawn", () => {
  assert.deepEqual(ends(draw([alert(3000, null)], null, { ...AXIS, end: 4000 })), [[450, 540]]);
  const { shapes, annotations } = draw([alert(1800, 1800), alert(3600, 3600), alert(-900, -600), alert(3700, 3800)]);
  assert.deepEqual(ends({ shapes }), [[300, 304]]);
  assert.equal(annotations[0].width, 12);
  assert.deepEqual(ends(draw([alert(-900, 600), alert(3500, 9000)])), [
    [0, 100],
    [583, 600],
  ]);
});

test("alerts at one time lie in lanes of their own; beyond the last lane the most severe is in front", () => {
  const made = draw([
    alert(0, 900, { severity: "critical" }),
    alert(100, 1000),
    alert(200, 300, { severity: "notice" }),
    alert(1200, 1500),
  ]);
  assert.deepEqual(
    made.annotations.map(({ width }) => Math.round(width)),
    [150, 150, 50, 17],
    "a short one takes the pointer before a longer one",
  );
  const lanes = made.shapes.map(({ y0 }) => Math.round((y0 - 1) * 200));
  assert.deepEqual(
    made.shapes.map(({ fillcolor }, i) => [fillcolor, lanes[i]]),
    [
      [look.notice, 7],
      [look.warning, 7],
      [look.warning, 1],
      [look.critical, 1],
    ],
  );
});

test("older alerts that are left out are a dotted line that leads to all", () => {
  const { shapes, annotations } = draw([alert(1800, 2000)], 1800);
  assert.deepEqual([shapes[0].type, shapes[0].x1, shapes[0].line.dash], ["line", 0.5, "dot"]);
  assert.deepEqual([annotations[0].href, annotations[0].width], ["/alerts/", 300]);
  assert.equal(draw([], -5).shapes.length, 0, "all that this chart shows is known");
});

test("the layer has them with the axis that the chart has: of instants, or of days in the middle of their bars", () => {
  const size = { width: 652, height: 238 };
  const figure = (xaxis) => ({
    data: [],
    layout: layout(look, size, { xaxis, yaxis: { ticktext: [] }, margin: { l: 40, r: 12 } }),
  });
  const bands = (xaxis, alerts) =>
    layered(figure(xaxis), { gaps: [], marks: [] }, look, NOW, { alerts, since: null }).layout.shapes;
  const [instant] = bands({ ...timeAxis([0, 3600], 60, look, size), range: [0, 3_600_000] }, [alert(900, 1800)]);
  assert.deepEqual([instant.name, instant.x0, instant.x1], ["alert", 0.25, 0.5]);
  const DAY = 86_400;
  const [noon] = bands(dayAxis([0, DAY, 2 * DAY], look, size), [alert(1.25 * DAY, 1.75 * DAY)]);
  assert.ok(Math.abs((noon.x0 + noon.x1) / 2 - 0.5) < 1e-9, "noon of the second of three days is in the middle");
});

test("the table names the alerts of a row, in a column that is there where one has any", () => {
  const table = {
    columns: ["Time", "Messages"],
    rows: [
      ["0", 1],
      ["60", 2],
      ["120", 3],
    ],
    write: String,
  };
  const rows = { times: [0, 60, 120], step: 60 };
  const alerts = [alert(30, 70, { name: "Busy" }), alert(65, 66, { name: "Busy" }), alert(66, 70, { name: "Slow" })];
  const made = withAlerts(table, rows, alerts);
  assert.deepEqual(made.columns, ["Time", "Messages", "Alert"]);
  assert.deepEqual(
    made.rows.map((row) => row[2]),
    ["Busy", "Busy; Slow", ""],
  );
  for (const [same, found] of [
    [rows, []],
    [rows, [alert(500, 600)]],
    [{}, alerts],
  ])
    assert.equal(withAlerts(table, same, found), table);
  assert.deepEqual(
    withAlerts(table, rows, [alert(61, null)]).rows.map((row) => row[2]),
    ["", "at 61", "at 61"],
  );
});
