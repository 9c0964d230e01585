"""The wall screen and the printable report, in a real browser."""

from collections.abc import Callable

import pytest
import test_browser
from running import Server, talk, until
from test_browser import Open

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
SECONDS = 90.0
LATER = {"timeout": SECONDS * 1_000}


@pytest.mark.parametrize("path", ["/?kiosk=1", "/?kiosk"])
def test_a_wall_screen_has_no_controls_stays_live_and_escape_leaves_it(fresh: Fresh, visit: Open, path: str) -> None:
    server = fresh()
    server.take(talk("wall", "alice", 1))
    tab = visit(server).log_in("bob", path).live()
    for hidden in (".rail", ".tools", "#range", ".hint"):
        assert not tab.page.locator(hidden).first.is_visible(), hidden
    before = tab.tile("messages")
    server.take(talk("wall-2", "alice", 3))
    until(lambda: tab.tile("messages") != before, SECONDS)
    tab.page.keyboard.press("Escape")
    tab.page.locator(".rail").wait_for(**LATER)
    assert "kiosk" not in tab.page.url
    tab.page.keyboard.press("k")
    until(lambda: not tab.page.locator(".rail").is_visible(), SECONDS)
    assert "kiosk=1" in tab.page.url


def test_one_chart_fills_the_frame(server: Server, visit: Open) -> None:
    server.take(talk("framed", "alice"))
    tab = visit(server).log_in("bob", "/?kiosk=1&chart=messages")
    chart = tab.page.locator("#chart-messages")
    tab.page.wait_for_selector("#chart-messages:not([data-state])", **LATER)
    assert chart.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 900}
    until(lambda: (chart.locator(".plot svg").first.bounding_box() or {}).get("height", 0) > 700, SECONDS)
    assert not tab.page.locator("#chart-response").is_visible()
    assert not tab.page.get_by_role("heading", name="Overview").is_visible()


def test_the_report_is_made_and_printed_on_a_few_pages(server: Server, visit: Open) -> None:
    server.take(talk("printed", "alice", 3))
    tab = visit(server).log_in("bob", "/usage/").live()
    tab.page.get_by_role("link", name="Report").click()
    tab.page.wait_for_url("**/report/")
    for chart in ("models", "by-day", "daily"):
        tab.page.wait_for_selector(f"#chart-{chart}:not([data-state])", **LATER)
    assert tab.page.locator('[data-fact="messages"] .value').inner_text() != "0"
    assert tab.page.locator("#models-table tbody tr").count() >= 1
    assert "so far" in tab.page.locator("#as-of").inner_text()
    assert not tab.page.locator("#empty").is_visible()
    tab.page.emulate_media(media="print")
    assert not tab.page.get_by_role("button", name="Print or save as PDF").is_visible()
    assert 1 <= tab.page.pdf(format="A4").count(b"/Type /Page\n") <= 4
    tab.page.emulate_media(media="screen")
    tab.page.get_by_role("link", name="‹").click()
    tab.page.wait_for_url("**/report/?month=*")
    until(lambda: "complete" in tab.page.locator("#as-of").inner_text(), SECONDS)


def test_a_report_of_a_month_without_a_message_says_so(fresh: Fresh, visit: Open) -> None:
    tab = visit(fresh()).log_in("bob", "/report/")
    tab.page.get_by_text("No messages in this time.").wait_for(**LATER)
    assert not tab.page.locator("#days-table").is_visible()
    assert not tab.page.locator("#chart-models").is_visible()
