"""The page Alerts in a browser: what fires appears without a reload, and staff acknowledge and mark it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import test_browser
from playwright.sync_api import expect
from running import Answer, Server, message, until
from test_browser import Open

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
PAGE = "/alerts/"
BUSY = {"name": "Busy", "figure": "messages", "comparison": ">", "threshold": 3, "window_seconds": 3_600}
TOKEN = "a" * 32


def ask(server: Server, method: str, path: str, body: object = None) -> Answer:
    sent = None if body is None else json.dumps(body).encode()
    return server.call(method, f"/api/v1{path}", sent, {"Authorization": f"Bearer {server.said['admin_key']}"})


def as_user(server: Server, user: str, path: str, body: object, token: str = TOKEN) -> int:
    headers = {"Cookie": f"{server.log_in(user)}; csrftoken={TOKEN}", "X-CSRFToken": token}
    return server.call("POST", f"/api/v1{path}", json.dumps(body).encode(), headers).status


def exchange(session: str, wait: float = 1.0, ago: float = 0) -> list[dict[str, Any]]:
    at = datetime.now(UTC) - timedelta(seconds=wait + ago)
    return [
        message(session, f"{session}-q", "user", at, user_id="alice"),
        message(session, f"{session}-a", "assistant", at + timedelta(seconds=wait), user_id="alice", model="m"),
    ]


def firing(server: Server, rule: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(server, "GET", f"/alerts?state=firing&rule={rule}").json["alerts"]
    return found


def test_an_alert_appears_without_a_reload_and_staff_acknowledge_and_mark_it(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    saved = ask(server, "POST", "/rules", BUSY | {"severity": "critical"})
    assert saved.status == 201, saved.body
    tab = visit(server).log_in("bob", PAGE).live()
    tab.page.get_by_text("No alert is firing.").wait_for()
    assert tab.page.locator("#firing").is_hidden()
    row = tab.page.locator("#rules-table tbody tr").filter(has_text="Busy")
    assert "Messages > 3 messages, 1 h window" in row.inner_text()
    tab.page.evaluate("window.stays = true")
    server.take(exchange("one") + exchange("two"))
    one = tab.page.locator("#now li").filter(has_text="Busy")
    one.wait_for()
    assert "critical" in one.inner_text()
    assert "4 messages (> 3 messages)" in one.inner_text()
    until(lambda: "firing" in row.inner_text())
    until(lambda: tab.page.locator("#firing .many").is_visible())
    until(lambda: "firing" in tab.page.locator("#attention").inner_text())
    one.get_by_role("button", name="Acknowledge").press("Enter")
    until(lambda: "acknowledged by bob" in one.inner_text())
    expect(one.get_by_role("button", name="True alarm")).to_be_focused()
    expect(tab.page.locator("#heard")).to_have_text("Acknowledged: Busy.")
    one.get_by_role("button", name="False alarm").click()
    until(lambda: one.get_by_role("button", name="False alarm").get_attribute("aria-pressed") == "true")
    assert [(a["acknowledged_by"], a["marked"]) for a in firing(server, saved.json["id"])] == [("bob", "false")]
    assert tab.page.evaluate("window.stays")
    tab.page.goto(f"{server.url}/sessions/")
    assert tab.page.locator("#firing").is_visible(), "the count is on every page"


def test_an_alert_that_fires_already_is_there_when_the_page_opens(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    rule = ask(server, "POST", "/rules", BUSY).json["id"]
    server.take(exchange("one") + exchange("two"))
    until(lambda: firing(server, rule))
    tab = visit(server).log_in("bob", PAGE).live()
    busy = tab.page.locator("#now li").filter(has_text="Busy")
    busy.wait_for()
    assert busy.count() == 1


def test_past_alerts_are_filtered_by_rule_and_marked(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(exchange("slow", 40))
    tab = visit(server).log_in("bob", PAGE).live()
    row = tab.page.locator("#past-table tbody tr").filter(has_text="Slow response")
    row.wait_for()
    assert "40.0 s (> 30.0 s)" in row.inner_text()
    row.get_by_role("button", name="True alarm").click()
    until(lambda: row.get_by_role("button", name="True alarm").get_attribute("aria-pressed") == "true")
    tab.page.get_by_label("Rule of past alerts").select_option("Dropped clients")
    tab.page.get_by_text("No alert has ended yet.").wait_for()
    assert "rule=10" in tab.page.url


def test_an_administrator_previews_sets_and_ends_a_silence(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(exchange("slow", 40))
    tab = visit(server).log_in("dora", PAGE).live()
    tab.page.locator("#past-table tbody tr").filter(has_text="Slow response").wait_for()
    tab.page.get_by_text("New silence").click()
    form = tab.page.locator("#silence")
    form.get_by_label("Rule").select_option("Slow response")
    tab.page.get_by_text("It would have hidden 1 alert").wait_for()
    form.get_by_label("Reason").fill("works")
    form.get_by_role("button", name="Silence").click()
    row = tab.page.locator("#silences-table tbody tr")
    row.wait_for()
    assert "Slow response" in row.inner_text()
    assert "active" in row.inner_text()
    row.get_by_role("button").click()
    until(lambda: "ended" in row.inner_text())


def test_a_receiver_s_test_says_what_happened(fresh: Fresh, visit: Open) -> None:
    server = fresh(ALERT_PRIVATE_RECEIVERS="true")
    dead = {"name": "hook", "kind": "webhook", "to": "http://127.0.0.1:9/hook"}
    assert ask(server, "POST", "/receivers", dead).status == 201
    tab = visit(server).log_in("dora", PAGE).live()
    tab.page.get_by_role("button", name="Send a test to hook").click()
    tab.page.get_by_text("The test to hook failed").wait_for()
    bob = visit(server).log_in("bob", PAGE).live()
    bob.page.locator("#receivers-table tbody tr").wait_for()
    assert bob.page.locator("[data-act=test], #silence").count() == 0, "these are for administrators"


@pytest.mark.parametrize("user", ["alice", "charlie"])
def test_the_page_and_what_is_done_on_it_are_for_staff(server: Server, visit: Open, user: str) -> None:
    tab = visit(server).log_in(user, "/mine/")
    assert tab.page.locator('a[href="/alerts/"]').count() == 0
    assert server.page(PAGE, user).status == 403
    for path, body in (("/alerts/1/acknowledge", None), ("/alerts/1/mark", {"as": "true"})):
        assert as_user(server, user, path, body) == 403


def test_bob_acknowledges_with_the_token_of_his_form_and_changes_no_rule(server: Server) -> None:
    assert as_user(server, "bob", "/alerts/1/acknowledge", None) == 404
    assert as_user(server, "bob", "/alerts/1/acknowledge", None, token="b" * 32) == 403
    assert as_user(server, "bob", "/rules", BUSY) == 403
    assert as_user(server, "bob", "/silences/preview", {"match": {}}) == 403
    assert as_user(server, "dora", "/alerts/1/acknowledge", None) == 404


@pytest.mark.parametrize("width", [390, 1280, 2560])
def test_the_page_fits(server: Server, visit: Open, width: int) -> None:
    tab = visit(server).log_in("dora", PAGE).live()
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.page.locator("#rules-table tbody tr").first.wait_for()
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
