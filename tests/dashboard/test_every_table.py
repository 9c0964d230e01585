"""Every table of the live pages sorts by each header, keeps its order in the address, and is saved as a file."""

import re

import pytest
import test_browser
from running import ROOT, Server, until
from test_browser import Open
from test_operations_page import CALL, send, span
from test_session_page import rich

browser, visit = test_browser.browser, test_browser.visit
PAGES = {
    "/": ("bob", 1),
    "/mine/": ("alice", 2),
    "/usage/": ("bob", 1),
    "/responses/": ("bob", 2),
    "/operations/": ("bob", 4),
    "/sessions/tabled/": ("bob", 1),
}
"""Who looks, and how many tables there are at least."""
DAYS = ("usage", "responses", "mine", "operations")
"""Pages whose figures are of a time that one chooses."""
BARE = """all => all.filter((box) => !box.querySelector("table")
    || [...box.querySelectorAll("th")].some((th) => !th.querySelector("button.sort"))
    || !box.closest(":has(> header)").querySelector("header .save")).map((box) => box.id)"""


@pytest.mark.parametrize("path", PAGES)
def test_each_header_sorts_and_each_table_has_its_file(server: Server, visit: Open, path: str) -> None:
    user, least = PAGES[path]
    server.take(rich("tabled"))
    send(server, span(21, **CALL, **{"some.attribute": 1}))
    tab = visit(server).log_in(user, path).live()
    tab.page.evaluate("document.querySelectorAll('#bounds').forEach((card) => { card.open = true; })")
    boxes = tab.page.locator("main .table-box:visible")
    until(lambda: boxes.count() >= least)
    tab.page.wait_for_selector("main .table-box tbody tr:visible")
    assert boxes.evaluate_all(BARE) == []


def test_the_states_of_bounds_sort_and_the_address_keeps_the_order(server: Server, visit: Open) -> None:
    tab = visit(server).log_in("bob", "/operations/").live()
    tab.page.locator("#bounds summary").click()
    table = tab.page.locator("#bounds-table")
    table.locator("tbody tr").first.wait_for()
    table.get_by_role("button", name="State").click()
    assert "bounds=state.up" in tab.page.url
    words = table.locator("tbody td:nth-child(2)").all_inner_texts()
    assert words == sorted(words)
    with tab.page.expect_download() as told:
        tab.page.get_by_role("button", name="Save as CSV: Limits").click()
    assert told.value.path().read_text().startswith('"Limit of","State","Share","Used","Limit"')


def test_what_live_pages_share_stands_in_one_template() -> None:
    """Title, age, pause and definitions; the days stand where there are some, and are nowhere taken away."""
    for page in ("usage", "responses", "mine", "operations", "session"):
        text = (ROOT / "templates" / f"{page}.html").read_text()
        assert text.startswith('{% extends "figures.html" %}'), page
        assert not re.search(r'parts/(live|pause)\.html|json_script:"definitions"|The log of the server', text), page
        assert ("parts/range.html" in text, "block range" in text) == (page in DAYS, page in DAYS), page
