"""sbdash's own outage, in a real browser: a band with its reason on every chart of time, and a line on Operations."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import test_browser
from running import Server, talk, until
from test_browser import Open, Visit

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
PATIENCE = 90.0
AGO, LONG = 600, 300
"""Seconds: how long before the restart the server seems to have stopped, and how long it seems to have run."""
BANDS = """id => (document.querySelector(`#chart-${id} .plot`)?.layout?.annotations ?? [])
    .filter((note) => note.name === "gap").map((note) => note.hovertext ?? "")"""
VALUE = """([id, minute]) => {
    const [line] = document.querySelector(`#chart-${id} .plot`)?.data ?? [];
    const index = (line?.x ?? []).findIndex((time) => Date.parse(`${time.replace(" ", "T")}Z`) === minute);
    return index < 0 ? "not there" : (line.y[index] ?? "unknown");
}"""
MARKS = BANDS.replace('"gap"', '"mark"')


def stopped_for_a_while(fresh: Fresh, **settings: str) -> Server:
    """A server that was stopped and started. Its heartbeats before the stop are moved back: nobody waits so long."""
    server = fresh(**settings)
    server.take(talk("before", "alice", 2, datetime.now(UTC) - timedelta(seconds=AGO + 60)))
    until(lambda: server.rows("health_run"), PATIENCE, "the first heartbeat")
    server.stop()
    server.sql(f"UPDATE health_run SET started = started - {(AGO + LONG) * 1_000_000}, beat = beat - {AGO * 1_000_000}")
    server.start()
    until(lambda: len(server.rows("health_run")) == 2, PATIENCE, "the heartbeat after the restart")
    server.take(talk("after", "alice", 2, datetime.now(UTC) - timedelta(seconds=20)))
    return server


def noted(tab: Visit, chart: str, words: str, script: str = BANDS) -> list[str]:
    """What the layer of a chart says, once it says these words."""

    def said() -> Any:
        found = tab.page.evaluate(script, chart)
        return found if any(words in one.replace("<br>", " ") for one in found) else None

    found: list[str] = until(said, PATIENCE, f"{words} on {chart}")
    return found


def value_at(tab: Visit, chart: str, moment: datetime) -> Any:
    """What a chart draws in the minute of a moment: "unknown" where it draws nothing."""
    minute = int(moment.timestamp()) // 60 * 60_000
    return tab.page.evaluate(VALUE, [chart, minute])


def test_an_outage_is_a_band_with_its_reason_and_nothing_in_it_is_zero(fresh: Fresh, visit: Open) -> None:
    server = stopped_for_a_while(fresh)
    tab = visit(server).log_in("bob").live()
    for chart in ("response", "messages", "tokens", "sessions", "errors"):
        noted(tab, chart, "sbdash was not running: it was stopped")
    noted(tab, "messages", "sbdash restarted after", MARKS)
    away = datetime.now(UTC) - timedelta(seconds=AGO // 2)
    until(lambda: value_at(tab, "messages", away) == "unknown", PATIENCE, "no figure within the gap")
    summary = tab.page.locator("#summary-messages").text_content() or ""
    assert "Gaps: sbdash was not running: it was stopped" in summary
    said = tab.page.locator("#health")
    tab.page.goto(f"{server.url}/operations/")
    until(lambda: "down once" in said.inner_text(), PATIENCE, "the line on Operations")
    link = said.get_by_role("link", name="down once")
    assert "from=" in (link.get_attribute("href") or "")
    noted(tab, "delay", "sbdash was not running: it was stopped")
    noted(tab, "process", "sbdash was not running: it was stopped")


def test_the_table_of_a_chart_names_the_outage_in_the_rows_that_it_touches(fresh: Fresh, visit: Open) -> None:
    tab = visit(stopped_for_a_while(fresh)).log_in("bob").live()
    noted(tab, "messages", "sbdash was not running")
    card = tab.page.locator("#chart-messages")
    card.locator('[data-do="table"]').click()
    within = card.locator(".data-table tbody tr", has_text="not running")
    until(lambda: within.count() >= AGO // 60 - 1, PATIENCE, "the rows of the outage")
    assert card.locator(".data-table thead th").last.inner_text() == "Gap"
    assert within.nth(2).locator("td, th").all_inner_texts()[1:-1] == ["–"] * (card.locator("thead th").count() - 2)


def test_a_clean_day_says_so_and_an_owner_hears_of_outages_alone(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("hers", "alice", 2))
    tab = visit(server).log_in("bob", "/operations/")
    said = tab.page.locator("#health .since")
    until(lambda: said.inner_text().startswith("Since the first start"), PATIENCE, "the line on Operations")
    assert "down" not in tab.page.locator("#health").inner_text()
    key = server.shell("print(make_api_key('ci', 'annotate'))").strip()
    body = b'{"kind": "deploy", "words": "secret project"}'
    headers = {"Authorization": f"Bearer {key}"}
    assert server.call("POST", "/api/v1/annotations", body, headers).status == 201
    tab.page.goto(f"{server.url}/")
    noted(tab, "messages", "Deploy: secret project", MARKS)
    own = visit(server).log_in("alice", "/mine/").live()
    own.page.wait_for_selector("#chart-days:not([data-state])")
    assert "secret project" not in own.page.content()
    assert own.page.evaluate(MARKS, "days") == []
