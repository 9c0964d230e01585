"""The operations page in a real browser: sources as they come, for staff alone."""

import json
from collections.abc import Callable
from time import time
from typing import Any

import pytest
import test_browser
from running import FIRST_RUN, Server, talk, until
from test_browser import Open

from monitoring.operations.difference import HARMLESS, SENTENCES, Cause

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
PAGE = "/operations/"


def span(number: int, **attributes: str | int) -> dict[str, Any]:
    """A call of a model that took 2 s, as OTLP's JSON has it."""
    now = int(time() * 1e9)
    values = [{"key": key, "value": _value(value)} for key, value in attributes.items()]
    place = {"traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "chat", "kind": 3}
    times = {"startTimeUnixNano": str(now - 2_000_000_000), "endTimeUnixNano": str(now)}
    return place | times | {"attributes": values}


def _value(value: str | int) -> dict[str, str]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def send(server: Server, *spans: dict[str, Any]) -> None:
    body = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": list(spans)}]}]}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.said['ingest_key']}"}
    answer = server.call("POST", "/v1/traces", json.dumps(body).encode(), headers)
    assert answer.status == 200, answer.body


CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "llama3.2", "gen_ai.usage.input_tokens": 3}


def test_spans_show_as_a_source_without_a_reload(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    tab = visit(server).log_in("bob", PAGE).live()
    card = tab.page.locator('[data-source="otlp"]')
    assert f"{server.url}/v1/traces" in card.locator("code").inner_text()
    tab.page.evaluate("window.stays = true")
    send(server, span(1, **CALL), span(2, **CALL, **{"acme.plan.kind": "confidential"}))
    until(lambda: card.locator(".value").inner_text() == "2")
    assert card.locator(".well").inner_text() == "receiving"
    assert "newest" in card.locator(".age").inner_text()
    assert not card.locator(".connect").is_visible()
    row = tab.page.locator("#attributes tbody tr")
    until(lambda: row.count() == 1)
    assert "acme.plan.kind" in row.inner_text()
    assert "confidential" not in tab.page.content()
    assert tab.page.evaluate("window.stays")


def test_events_over_http_move_their_card_and_the_stages(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    tab = visit(server).log_in("bob", PAGE).live()
    card, stages = tab.page.locator('[data-source="http"]'), tab.page.locator("#stages tbody tr")
    assert f"{server.url}/api/v1/events" in card.locator("code").inner_text()
    server.take(talk("counted", "alice"))
    until(lambda: card.locator(".value").inner_text() == "4")
    assert card.locator(".well").inner_text() == "receiving"
    assert not card.locator(".connect").is_visible()
    until(lambda: ["up to date" in row.inner_text() for row in stages.all()] == [True, True])
    assert str(FIRST_RUN + 4) in stages.first.inner_text()


def test_before_the_first_check_there_is_its_command_and_then_its_result(fresh: Fresh, visit: Open) -> None:
    server = fresh(CONSISTENCY_CHECK_HOURS="0")
    server.take(talk("agrees", "alice") + talk("does-not", "alice"))
    tab = visit(server).log_in("bob", PAGE).live()
    card = tab.page.locator("#check")
    until(lambda: card.locator(".verdict").inner_text() == "never checked")
    assert card.locator("code").inner_text() == "python manage.py check_consistency"
    server.manage("check_consistency")
    until(lambda: card.locator(".verdict").inner_text() == "figures match")
    assert not card.locator(".differences").is_visible()
    server.tables.change("stats_session", {"total_tokens": 205}, session_id="does-not")
    server.manage("check_consistency", status=1)
    until(lambda: "difference" in card.locator(".verdict").inner_text())
    row = card.locator("#differences tbody tr").first
    assert row.get_by_role("link", name="does-not").get_attribute("href") == "/sessions/does-not/"
    assert "205" in row.inner_text()
    now = int(time() * 1e6)
    state = {"job": "consistency check", "error": "TypeError: odd", "since": now, "at": now, "until": 2 * now}
    server.tables.add("ingest_place", name="job consistency check there:1", state=json.dumps(state), term=0, at=now)
    server.take(talk("another", "alice"))
    until(lambda: "The check itself fails: TypeError: odd" in card.locator(".trouble").inner_text())


def test_a_follower_that_waits_tells_why_and_what_to_do(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    now = int(time() * 1e6)
    error = "ServerSelectionTimeoutError: db:27017: connection refused"
    status = {"phase": "waiting", "since": now, "error": error, "read": 5, "total": 5, "changes": 1, "refused": 0}
    state = json.dumps(status | {"last_change": 0, "lag_seconds": 0.0})
    later = now + 3_600_000_000
    server.tables.add("ingest_place", name="mongodb status", state=state, term=0, at=later)
    tab = visit(server).log_in("bob", PAGE).live()
    card = tab.page.locator('[data-source="mongodb"]')
    until(lambda: card.locator(".well").inner_text() == "waiting")
    assert error in card.locator(".trouble").inner_text()
    assert "CHAT_MONGODB_URL" in card.locator(".trouble").inner_text()


def test_the_search_stands_in_the_address_and_a_file_holds_what_is_found(server: Server, visit: Open) -> None:
    send(server, span(11, **CALL, **{"odd.one": 1}), span(12, **CALL, **{"strange.two": 1, "odd.three": 1}))
    tab = visit(server).log_in("bob", PAGE).live()
    rows = tab.page.locator("#attributes tbody tr")
    until(lambda: rows.count() >= 3)
    tab.page.locator("#main").focus()
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("odd.")
    until(lambda: rows.count() == 2)
    assert "q=odd." in tab.page.url
    with tab.page.expect_download() as told:
        tab.page.get_by_role("button", name="Save as CSV: Unknown attributes of spans").click()
    text = told.value.path().read_text()
    assert '"odd.one","OpenTelemetry",1,' in text
    assert "strange.two" not in text
    tab.page.reload()
    tab.live()
    until(lambda: rows.count() == 2)


def test_the_page_is_for_staff_alone(server: Server, visit: Open) -> None:
    for user in ("alice", "charlie"):
        tab = visit(server).log_in(user, "/mine/")
        assert tab.page.locator('a[href="/operations/"]').count() == 0
        answer = tab.page.goto(f"{server.url}{PAGE}")
        assert answer is not None
        assert answer.status == 403
        tab.complaints.clear()


def test_two_keys_lead_here_and_the_rail_fits_a_telephone(server: Server, visit: Open) -> None:
    tab = visit(server).log_in("dora").live()
    tab.page.keyboard.type("gp")
    tab.page.wait_for_url(f"**{PAGE}")
    tab.live()
    tab.page.set_viewport_size({"width": 390, "height": 844})

    def fits() -> bool:
        boxes = [box for link in tab.page.locator(".rail a").all() if (box := link.bounding_box())]
        inside = [box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 44 for box in boxes]
        return inside == [True] * 8

    until(fits)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.page.evaluate("[...document.querySelectorAll('.rail a')].every((a) => a.scrollWidth <= a.clientWidth)")


@pytest.mark.parametrize("source", ["mongodb", "otlp", "loki", "http", "files"])
def test_what_a_card_means_is_told_to_the_keyboard(server: Server, visit: Open, source: str) -> None:
    tab = visit(server).log_in("bob", PAGE).live()
    tab.page.wait_for_selector(f'[data-source="{source}"] .value:not(.skeleton)', state="attached", timeout=90_000)
    button = tab.page.locator(f'[data-source="{source}"] .hint')
    if not button.is_visible():
        tab.page.get_by_text("Connect another source").click()
    button.focus()
    tab.page.keyboard.press("Enter")
    assert tab.page.locator(f"#hint-{source}").is_visible()
    tab.page.keyboard.press("Escape")
    assert not tab.page.locator(f"#hint-{source}").is_visible()


def test_every_cause_of_a_difference_has_its_sentence_here(server: Server, visit: Open) -> None:
    tab = visit(server).log_in("bob", PAGE).live()
    known = tab.page.evaluate("JSON.parse(document.getElementById('causes').textContent)")
    assert known == {cause.value: [SENTENCES[cause], cause in HARMLESS] for cause in Cause}


def test_the_bounds_show_how_near_they_are_the_nearest_first(fresh: Fresh, visit: Open) -> None:
    server = fresh(LIVE_SOCKETS="1")
    tab = visit(server).log_in("bob", PAGE).live()
    rows = tab.page.locator("#bounds-table tbody tr")
    until(lambda: rows.count() > 20)
    near = rows.filter(has_text="open sockets")
    assert "at the limit" in near.inner_text()
    assert "1 socket" in near.inner_text()
    assert "open sockets: at the limit" in tab.page.locator("#bounds-sub").inner_text()
    assert "OK" in rows.filter(has_text="events waiting").inner_text()
    tab.page.locator("#bounds").scroll_into_view_if_needed()
    tab.page.set_viewport_size({"width": 390, "height": 844})
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_navigation_stands_where_it_stands_on_every_page(server: Server, visit: Open) -> None:
    tab = visit(server).log_in("bob", PAGE)
    places = set()
    for path in ("/", "/sessions/", "/responses/", "/usage/", PAGE, "/alerts/", "/mine/"):
        tab.page.goto(f"{server.url}{path}")
        boxes = [link.bounding_box() for link in tab.page.locator(".rail a").all()]
        places.add(tuple((box["y"], box["height"]) for box in boxes if box))
    assert len(places) == 1


def test_versions_and_settings_are_shown_on_demand(server: Server, visit: Open) -> None:
    tab = visit(server).log_in("bob", PAGE)
    about = tab.page.locator("#about")
    assert not about.locator("table").first.is_visible()
    about.locator("summary").click()
    about.get_by_text("SESSION_IDLE_GAP").wait_for()
    assert "***" in about.inner_text() or "SECRET_KEY" in about.inner_text()
