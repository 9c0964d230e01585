"""The badge of a demonstration, in a real browser: it says what is simulated, how far it is filled, and stops it."""

import json
from collections.abc import Callable
from time import time

import test_browser
from running import Server, message, until
from test_browser import Open

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit


def test_the_badge_says_how_far_the_past_is_and_starts_and_stops_the_traffic(fresh: Fresh, visit: Open) -> None:
    server, now = fresh(), time()
    assert visit(server).log_in("bob").page.locator("#demonstration").count() == 0, "nothing is simulated"
    note = server.folder / "demo.json"
    filling = {"hour": int(now // 3600), "done": 66, "of": 100}
    note.write_text(json.dumps({"at": now, "filling": filling}))
    server.take([message("demo-1", "m1", "user")])
    tab = visit(server).log_in("bob", "/sessions/")
    badge = tab.page.locator("#demonstration")
    until(lambda: "66 % filled" in badge.locator("summary").inner_text())
    badge.locator("summary").click()
    assert "demo-" in badge.inner_text()
    assert badge.locator("progress").evaluate("node => node.value") == 0.66
    note.write_text(json.dumps({"at": now, "filling": None}))
    badge.locator("progress").wait_for(state="hidden")
    tab.page.get_by_role("button", name="Start the simulated traffic again").click()
    tab.page.wait_for_url(f"{server.url}/")
    badge.locator("summary").click()
    tab.page.get_by_role("button", name="Stop the simulated traffic").click()
    until(lambda: server.page("/demo/", "bob").json["running"] is False)
    server.take([message("real-1", "m2", "user")])
    tab.page.goto(f"{server.url}/sessions/")
    badge.locator("summary").click()
    assert "There are other sessions, too" in badge.inner_text()
    assert badge.get_by_role("button").count() == 0


def test_an_owner_sees_what_is_simulated_and_no_button(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    (server.folder / "demo.json").write_text(json.dumps({"at": time(), "filling": None}))
    server.take([message("demo-1", "m1", "user")])
    badge = visit(server).log_in("alice", "/mine/").page.locator("#demonstration")
    badge.locator("summary").click()
    assert "simulated conversations" in badge.inner_text()
    assert badge.get_by_role("button").count() == 0
