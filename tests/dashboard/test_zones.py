"""Charts in a browser whose clock has repeated an hour, and in one whose hours begin at half past."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import test_browser
from playwright.sync_api import Browser, Page
from running import PASSWORD, Server, message, talk, until
from test_analysis_pages import point_at

browser = test_browser.browser
BACK = datetime(2026, 10, 25, 1, tzinfo=UTC)
"""The clocks of Berlin go back from three to two."""
PLOT = "document.querySelector('#chart-{} .plot')"


def opened(browser: Browser, server: Server, zone: str, path: str) -> Page:
    page = browser.new_context(timezone_id=zone, viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{server.url}{path}")
    page.get_by_label("User name").fill("bob")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector('#live:is([data-state="live"], [data-state="still"])')
    return page


@pytest.fixture(scope="module")
def back(server: Server) -> Server:
    """A session that went on while the clocks of Berlin went back."""
    times = [BACK + timedelta(minutes=20 * n) for n in range(-5, 6)]
    server.take(message("back", f"back-{n}", "user", at) for n, at in enumerate(times))
    return server


@pytest.fixture
def berlin(back: Server, browser: Browser) -> Iterator[Page]:
    page = opened(browser, back, "Europe/Berlin", "/sessions/back/")
    page.wait_for_selector("#chart-timeline:not([data-state]) .plot .point")
    yield page
    page.context.close()


def test_messages_around_the_end_of_summer_time_stand_in_order(berlin: Page) -> None:
    found = berlin.evaluate(
        f"{PLOT.format('timeline')}.data.filter((one) => one.mode === 'markers').map((one) => one.x)"
    )
    assert [len(x) for x in found if len(x) > 1] == [11]
    assert all(x == sorted(x) for x in found)
    drawn = berlin.locator("#chart-timeline .plot .scatterlayer .point").evaluate_all(
        "points => points.map((one) => one.getBoundingClientRect().x)"
    )
    assert len({round(x) for x in drawn}) >= 11
    words = berlin.locator("#chart-timeline .plot .xtick text").all_text_contents()
    assert words.count("02:00") == 2, words


def test_where_hours_begin_at_half_past_charts_and_heat_map_say_so(server: Server, browser: Browser) -> None:
    server.take(talk("india", "alice", 1))
    page = opened(browser, server, "Asia/Kolkata", "/?range=24h")
    page.wait_for_selector("#chart-heat:not([data-state]) .plot .xtick")
    assert page.locator("#chart-heat .plot .xtick text").first.text_content() == "0:30"
    assert "hours from :30 to :30" in page.locator("#chart-heat .sub").inner_text()
    page.wait_for_selector("#chart-messages:not([data-state]) .plot .xtick")
    ticks = page.locator("#chart-messages .plot .xtick text").all_text_contents()
    assert ticks
    assert all(words.endswith(":00") for words in ticks), ticks
    point_at(page, page.locator("#chart-messages .point path"))
    title = page.locator("#chart-messages .tip-title")
    at = page.evaluate(f"{PLOT.format('messages')}._hoverdata[0].x")
    told = datetime.fromisoformat(at).replace(tzinfo=UTC) + timedelta(hours=5, minutes=30)
    until(lambda: title.text_content() == told.strftime("%H:%M:%S"))
    page.context.close()
