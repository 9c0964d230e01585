"""One time for the page: a zoom, a link, the way back, a form, and the time that goes along to other pages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import test_browser
from playwright.sync_api import Page
from running import Server, talk, until
from test_browser import Open

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
RANGE = "id => document.querySelector(`#chart-${id} .plot`).layout?.xaxis.range.map(String)"
CHARTS = ("response", "messages", "tokens", "sessions")
PATIENCE = 90_000


def opened(server: Server, visit: Open, path: str = "/") -> Page:
    page = visit(server).log_in("bob", path).live().page
    page.set_default_timeout(PATIENCE)
    page.wait_for_function(f"() => ({test_browser.SHOWN})('messages') > 0.5")
    return page


def zoom(page: Page, chart: str) -> None:
    """Drags over the right half of a chart, where the newest messages are."""
    plot = page.locator(f"#chart-{chart} .plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    for share in (0.6, 0.8, 0.98):
        page.mouse.move(box["x"] + box["width"] * share, y)
    page.mouse.up()
    page.wait_for_url("**from=*&to=*")


def chosen(page: Page) -> tuple[str, str]:
    query = parse_qs(urlsplit(page.url).query)
    return query["from"][0], query["to"][0]


def ranges(page: Page) -> list[list[str]]:
    return [page.evaluate(RANGE, chart) for chart in CHARTS]


def fixed(page: Page) -> None:
    """Waits until all charts show one fixed time."""
    page.wait_for_selector('[data-tile="messages"] h2 a:has-text("average")')
    page.wait_for_function(f"() => new Set({list(CHARTS)!r}.map((id) => String(({RANGE})(id)))).size === 1")


def test_a_zoom_shows_its_time_on_the_whole_page_and_a_link_shows_a_colleague_the_same(
    fresh: Fresh, visit: Open
) -> None:
    server = fresh()
    server.take(talk("zoomed", "alice", 20, datetime.now(UTC) - timedelta(minutes=10)))
    page = opened(server, visit, "/?range=15m")
    zoom(page, "messages")
    fixed(page)
    since, until_ = (datetime.fromisoformat(text) for text in chosen(page))
    assert timedelta(minutes=1) <= until_ - since <= timedelta(minutes=10)
    colleague = opened(server, visit, f"/?{urlsplit(page.url).query}")
    fixed(colleague)
    assert ranges(colleague) == ranges(page)
    tile = '[data-tile="cost"] .value'
    assert colleague.locator(tile).inner_text() == page.locator(tile).inner_text()


def test_back_to_live_a_double_click_and_the_back_button_undo_a_zoom(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("undone", "alice", 20, datetime.now(UTC) - timedelta(minutes=10)))
    page = opened(server, visit, "/?range=15m")
    zoom(page, "messages")
    page.locator("#time-live").click()
    page.wait_for_selector('.one-range[data-range="15m"][aria-pressed="true"]', state="attached")
    assert "from=" not in page.url
    page.go_back()
    page.wait_for_url("**from=*&to=*")
    page.wait_for_selector("#time-live:not([hidden])")
    fixed(page)
    page.locator("#chart-tokens .plot .nsewdrag").first.dblclick()
    page.wait_for_url("**range=15m**")
    page.wait_for_selector("#time-live", state="hidden")


def test_the_form_takes_a_time_and_says_what_is_wrong_with_it(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("formed", "alice"))
    page = opened(server, visit)
    page.keyboard.press("t")
    panel = page.locator("#time")
    panel.wait_for()
    panel.get_by_label("From", exact=True).fill("2026-11-02T10:00")
    panel.get_by_label("To", exact=True).fill("2026-11-02T09:00")
    panel.get_by_role("button", name="Show this time").click()
    panel.get_by_role("alert").get_by_text("at least a minute").wait_for()
    panel.get_by_label("To", exact=True).fill("2026-11-02T12:00")
    panel.get_by_role("button", name="Show this time").click()
    page.wait_for_url("**from=*&to=*")
    since, until_ = (datetime.fromisoformat(text) for text in chosen(page))
    assert until_ - since == timedelta(hours=2)
    page.wait_for_selector("#time", state="hidden")
    assert "2 Nov" in page.locator("#time-open").inner_text()
    page.wait_for_function("() => document.activeElement.id === 'time-open'")
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Today").click()
    page.wait_for_url(lambda url: "2026-11-02" not in url)


def test_the_time_goes_along_to_the_other_pages(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("carried", "alice"))
    page = opened(server, visit, "/?range=6h")
    links = page.locator(".rail a[data-go]")
    until(lambda: all("range=6h" in (link.get_attribute("href") or "") for link in links.all()))


def test_the_comparison_stands_in_the_address_and_is_drawn(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    now = datetime.now(UTC)
    server.take(talk("a-week-ago", "alice", 6, now - timedelta(days=7, minutes=10)) + talk("today", "alice", 2))
    page = opened(server, visit)
    page.locator("#chart-messages").hover()
    page.locator('#chart-messages [data-do="compare"]').click()
    page.wait_for_url("**compare=1**")
    page.wait_for_function(
        """() => document.querySelector('#chart-messages .plot').data
            .some((line) => line.name === 'same time last week' && line.y.some((value) => value > 0))"""
    )
