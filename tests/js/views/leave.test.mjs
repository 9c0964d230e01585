import assert from "node:assert/strict";
import { test } from "node:test";

import { leaveForLogin } from "../../../static/js/lib/socket.js";
import { leaves, tellEnded } from "../../../static/js/views/leave.js";

function tab() {
  const [went, heard] = [[], []];
  const place = {
    pathname: "/sessions/a%2Fb/",
    search: "?q=x",
    replace: (to) => went.push(to),
    reload: () => went.push("reload"),
  };
  const made = {
    place,
    channel: { postMessage: (word) => heard.push(word) },
    page: new EventTarget(),
    root: { hidden: false },
    went,
    heard,
  };
  leaves(made);
  return made;
}

test("a tab that hears of the end hides what it shows and leads to the log-in and back", () => {
  const { channel, root, went } = tab();
  channel.onmessage({ data: "ended" });
  assert.deepEqual([root.hidden, went], [true, ["/login/?next=%2Fsessions%2Fa%252Fb%2F%3Fq%3Dx"]]);
});

test("the socket and another tab report the same end, and the page is left once", () => {
  const { channel, place, went } = tab();
  leaveForLogin(place);
  channel.onmessage({ data: "ended" });
  channel.onmessage({ data: "ended" });
  assert.equal(went.length, 1);
});

test("a page out of the browser's memory is hidden and asked for anew; a new one stays", () => {
  const { page, root, went } = tab();
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
  assert.deepEqual([root.hidden, went], [false, []]);
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  assert.deepEqual([root.hidden, went], [true, ["reload"]]);
});

test("the page of the log-in tells the others", () => {
  const { channel, heard } = tab();
  tellEnded(channel);
  assert.deepEqual(heard, ["ended"]);
});
