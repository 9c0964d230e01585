"""A session's page in a real browser: one timeline, its marks and its rows belong together, earlier messages come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import test_browser
from running import Server, event, message, talk, until
from test_browser import Open, Visit

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
BEGIN = datetime.now(UTC) - timedelta(hours=2)
LAYOUT = "document.querySelector('#chart-timeline .plot').layout"


def rich(session: str) -> list[dict[str, Any]]:
    """A session with a vote, operations, a gap of an hour, a failure, a start and an end."""
    later = BEGIN + timedelta(hours=1)
    vote = {"session_id": session, "user_id": "alice", "message_id": f"{session}-failed", "value": "down"}
    return [
        event("session.started", {"session_id": session, "user_id": "alice"}, BEGIN),
        *talk(session, "alice", 2, BEGIN + timedelta(seconds=1)),
        message(session, f"{session}-failed", "assistant", later, status="failed", error="too_long"),
        event("vote", vote, later),
        event("operation", {"session_id": session, "operation": "search", "outcome": "ok", "duration_ms": 900}, later),
        event("operation", {"session_id": session, "operation": "index", "outcome": "timeout"}, later),
        event("session.ended", {"session_id": session, "reason": "closed"}, later + timedelta(seconds=5)),
    ]  # fmt: skip


def opened(server: Server, visit: Open, session: str, more: str = "", user: str = "alice") -> Visit:
    tab = visit(server).log_in(user, f"/sessions/{session}/{more}").live()
    tab.page.wait_for_selector("#messages tbody tr")
    tab.page.wait_for_selector("#chart-timeline:not([data-state]) .plot .point")
    return tab


def test_everything_of_a_session_stands_on_one_axis_of_time(server: Server, visit: Open) -> None:
    server.take(rich("lanes"))
    tab = opened(server, visit, "lanes")
    lanes = tab.page.evaluate(f"{LAYOUT}.yaxis3.ticktext")
    assert lanes == ["Operations", "Votes", "Errors"]
    words = " ".join(tab.page.locator("#chart-timeline .annotation-text").all_text_contents())
    for said in ("started", "closed", "Tokens", "idle"):
        assert said in words, said
    assert "operations: 2, of which 1 failed" in tab.page.locator("#summary-timeline").inner_text().lower()
    assert "too_long" in tab.page.locator("#messages").inner_text()


def test_the_address_selects_a_message_and_a_mark_selects_its_row(server: Server, visit: Open) -> None:
    server.take(rich("chosen"))
    tab = opened(server, visit, "chosen", "?message=chosen-failed")
    picked, current = tab.page.locator("#picked"), tab.page.locator("#messages a[aria-current]")
    until(lambda: "assistant, failed" in picked.inner_text())
    assert current.get_attribute("href") == "?message=chosen-failed"
    picked.get_by_role("button", name="Clear").click()
    until(lambda: not picked.is_visible())
    assert "message=" not in tab.page.url
    tab.page.evaluate("location.assign('#message=chosen-failed')")
    until(lambda: picked.is_visible())
    assert tab.page.url.endswith("?message=chosen-failed")


def test_enter_on_a_row_shows_its_mark_and_back_undoes_it(server: Server, visit: Open) -> None:
    server.take(rich("walked"))
    tab = opened(server, visit, "walked")
    tab.page.locator("#messages tbody a").first.focus()
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    until(lambda: "message=" in tab.page.url)
    until(lambda: tab.page.evaluate(f"{LAYOUT}.shapes.length") > 0)
    assert tab.page.locator("#picked").is_visible()
    tab.page.go_back()
    until(lambda: not tab.page.locator("#picked").is_visible())


def test_earlier_messages_come_a_page_at_a_time(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    begin = datetime.now(UTC) - timedelta(hours=3)
    server.take([message("many", f"m{n:04}", "user", begin + timedelta(seconds=n)) for n in range(620)])
    tab = opened(server, visit, "many", user="bob")
    until(lambda: "newest 500 of 620" in tab.page.locator("#messages-sub").inner_text())
    tab.page.get_by_role("button", name="Earlier messages").click()
    until(lambda: "620 in all" in tab.page.locator("#messages-sub").inner_text())
    assert not tab.page.get_by_role("button", name="Earlier messages").is_visible()
    assert tab.page.locator("#messages tbody tr").count() < 500, "rows are made as they are scrolled to"
    tab.page.goto(f"{server.url}/sessions/many/?message=m0003")
    tab.live()
    until(lambda: tab.page.locator("#messages a[aria-current]").count() == 1)


def test_a_new_message_leaves_a_zoom_and_a_choice_as_they_are(server: Server, visit: Open) -> None:
    server.take(talk("steady", "alice"))
    tab = opened(server, visit, "steady")
    tab.page.locator("#messages tbody a").first.click()
    chosen = tab.page.locator("#messages a[aria-current]").get_attribute("href")
    card = tab.page.locator("#chart-timeline")
    card.hover()
    card.get_by_role("button", name="Zoom in").click()
    zoom = tab.page.evaluate(f"{LAYOUT}.xaxis.range.map(String)")
    server.take([message("steady", "later", "user")])
    until(lambda: tab.page.locator("#messages tbody tr").count() == 5)
    assert tab.page.evaluate(f"{LAYOUT}.xaxis.range.map(String)") == zoom
    assert tab.page.locator("#messages a[aria-current]").get_attribute("href") == chosen
    card.get_by_role("button", name="Back to live").click()


@pytest.mark.parametrize("width", [390, 1440, 2560])
def test_the_page_fits_its_window(server: Server, visit: Open, width: int) -> None:
    server.take(rich("fits"))
    tab = opened(server, visit, "fits")
    tab.page.set_viewport_size({"width": width, "height": 900})
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_messages_are_saved_as_a_file(server: Server, visit: Open) -> None:
    server.take(rich("saved"))
    tab = opened(server, visit, "saved")
    tab.page.locator("#search").fill("failed")
    until(lambda: tab.page.locator("#messages tbody tr").count() == 1)
    with tab.page.expect_download() as told:
        tab.page.get_by_role("button", name="Save these messages as CSV").click()
    lines = told.value.path().read_text().splitlines()
    assert lines[0].startswith('"Message","Time","Role"')
    assert len(lines) == 2


HARD = ["/s%2F?s#s=&s;+s", "../☃🦊'\"<b>\\/statistics"]


def test_links_and_anchors_hold_whatever_an_id_is_made_of(server: Server, visit: Open) -> None:
    server.take(message(name, f"{name}-m", "user", user_id="alice") for name in HARD)
    tab = visit(server).log_in("alice", "/mine/").live()
    for name in HARD:
        tab.page.locator("#sessions-table a", has_text=name).click()
        tab.page.wait_for_selector("#messages tbody tr")
        assert tab.page.locator("#session").get_attribute("data-session") == name
        tab.page.locator("#messages tbody a").click()
        until(lambda name=name: f"{name}-m" in (tab.page.locator("#picked").text_content() or ""))
        chosen = tab.page.url
        tab.page.goto(chosen.partition("?")[0])
        tab.live().page.wait_for_selector("#messages tbody tr")
        tab.page.goto(f"{chosen.partition('?')[0]}#message={quote(f'{name}-m', safe='')}")
        until(lambda chosen=chosen: tab.page.evaluate("location.href") == chosen)
        tab.page.reload()
        tab.page.wait_for_selector("#messages a[aria-current]")
        tab.page.goto(f"{server.url}/mine/")
        tab.live()
    tab.page.goto(f"{server.url}/sessions/{quote(HARD[0], safe='')}/#message=100%")
    tab.live().page.wait_for_selector("#messages tbody tr")


def test_a_message_that_moved_to_another_session_leaves_the_open_page(server: Server, visit: Open) -> None:
    server.take(message("left", f"goes-{n}", "user", BEGIN + timedelta(seconds=n), user_id="alice") for n in range(3))
    tab = opened(server, visit, "left")
    until(lambda: tab.page.locator("#messages tbody tr").count() == 3)
    server.take([message("joined", "goes-1", "user", BEGIN + timedelta(seconds=1), user_id="alice")])
    until(lambda: tab.page.locator("#messages tbody tr").count() == 2)
    until(lambda: "2 in all" in tab.page.locator("#messages-sub").inner_text())
    marks = "document.querySelector('#chart-timeline .plot').data.flatMap((one) => one.mode === 'markers' ? one.x : [])"
    until(lambda: len(tab.page.evaluate(marks)) == 2)


def test_an_ended_session_says_so_and_its_list_leads_on(server: Server, visit: Open) -> None:
    server.take(rich("order-ended") + talk("order-open", "alice", 3) + talk("order-last", "alice", 1))
    tab = visit(server).log_in("bob", "/sessions/?q=order-&sort=messages")
    until(lambda: tab.page.locator("#rows tbody tr").count() == 3)
    tab.page.locator("#rows").get_by_role("link", name="order-open").click()
    tab.page.wait_for_url("**/sessions/order-open/")
    bar = tab.page.locator("#neighbours")
    assert "1 of 3" in bar.inner_text()
    assert not bar.get_by_text("Previous").is_visible()
    tab.live()
    bar.get_by_role("link", name="Next").click()
    tab.page.wait_for_url("**/sessions/order-ended/")
    until(lambda: "Ended " in tab.page.locator("#live").inner_text())
    assert not tab.page.locator("#pause").is_visible()
    owner = tab.page.locator("#facts").get_by_role("link")
    assert owner.get_attribute("href") == f"/sessions/?owner={owner.inner_text().removeprefix('owner ')}"
    heads = tab.page.locator("#messages th:visible").all_inner_texts()
    assert "Unusually slow" not in heads, "nobody waited unusually long"
    assert "Error" in heads
    questions = tab.page.locator("#messages tbody tr", has_text="user")
    assert "US$ 0" not in questions.first.inner_text()
    bar.get_by_role("link", name="Back to the list").click()
    tab.page.wait_for_url("**/sessions/?q=order-&sort=messages")


def test_staff_check_a_session_s_figures_and_owners_see_no_button(server: Server, visit: Open) -> None:
    server.take(talk("checked", "alice"))
    tab = visit(server).log_in("bob", "/sessions/checked/").live()
    tab.page.get_by_role("button", name="Check these figures").click()
    line = tab.page.locator("#check-now [role=status]")
    line.get_by_text("All figures match · recalculated from 4 messages").wait_for(timeout=90_000)
    tab = visit(server).log_in("alice", "/sessions/checked/").live()
    assert tab.page.locator("#check-now").count() == 0
    assert tab.page.locator("#facts").get_by_role("link").count() == 0, "owners have no list of another name"
