import assert from "node:assert/strict";
import { test } from "node:test";
import { alarms, choose, chosen, tryOut } from "../../../static/js/views/alarms.js";

const NOW = 1_764_500_000_000;
const alert = (id, more = {}) => ({
  ...{ id, name: "Busy", figure: "messages", scope: "", severity: "warning", from: NOW / 1000, to: null },
  ...more,
});

/** A browser whose tabs share a storage; what they showed and sounded. */
function browser() {
  const [stored, shown, sounded] = [new Map(), [], []];
  const device = {
    read: (key) => stored.get(key) ?? null,
    write: (key, text) => stored.set(key, text),
    alone: (work) => work(),
    permission: () => "granted",
    ask: async () => "granted",
    show: (title, { tag }, href) => shown.push([title, tag, href]),
    sound: (severity) => sounded.push(severity),
  };
  return { device, shown, sounded };
}
const on = { show: true, sound: true, least: "warning" };

test("off by default: nothing is shown, and nothing is stored", () => {
  const { device, shown } = browser();
  device.write = () => assert.fail("it is off");
  alarms(device)([alert(1)], NOW);
  assert.deepEqual([shown, chosen(device).show], [[], false]);
});

test("one notification for an alert in all tabs, with a link to it; one sound for those that come together", () => {
  const { device, shown, sounded } = browser();
  const tabs = [alarms(device), alarms(device)];
  for (const hear of tabs) hear([], NOW);
  choose(on, NOW - 1000, device);
  for (const hear of tabs) hear([], NOW);
  for (const hear of tabs) hear([alert(2, { severity: "critical" }), alert(1)], NOW + 5000);
  for (const hear of tabs) hear([alert(2, { severity: "critical" }), alert(1)], NOW + 6000);
  assert.deepEqual(shown, [
    ["Busy: critical", "sbdash-alert-2", "/alerts/?alert=2"],
    ["Busy: warning", "sbdash-alert-1", "/alerts/?alert=1"],
  ]);
  assert.deepEqual(sounded, ["critical"]);
  tabs[0]([alert(3)], NOW + 9000);
  assert.equal(shown.length, 3);
});

test("switched on it begins then; switched off it is silent; a change of severity keeps the beginning", () => {
  const { device, shown, sounded } = browser();
  const hear = alarms(device);
  hear([alert(1)], NOW);
  choose({ ...on, sound: false }, NOW, device);
  hear([alert(1), alert(9, { from: NOW / 1000 - 300 })], NOW);
  choose({ ...on, sound: false, least: "notice" }, NOW + 60_000, device);
  assert.equal(chosen(device).since, NOW);
  hear([alert(2, { severity: "notice" })], NOW + 61_000);
  assert.deepEqual([shown.map(([, tag]) => tag), sounded], [["sbdash-alert-2"], []]);
  choose({ ...on, show: false, sound: false }, NOW + 70_000, device);
  hear([alert(4)], NOW + 71_000);
  assert.equal(shown.length, 1);
});

test("viewers who are not told hear nothing; a try shows and sounds what is switched on", () => {
  const { device, shown, sounded } = browser();
  tryOut("warning", device);
  choose(on, NOW, device);
  alarms(device)(undefined, NOW);
  assert.deepEqual([shown, sounded], [[], []]);
  tryOut("critical", device);
  assert.deepEqual([shown[0][0], sounded], ["sbdash: critical", ["critical"]]);
});
