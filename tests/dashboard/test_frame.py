"""The frame in a real browser: the rail is the same on every page, nothing is cut off, a phone has two tiles a row."""

import pytest
from running import Server, message, talk, until
from test_browser import Open, browser, visit  # noqa: F401

PAGES = ["/", "/sessions/", "/responses/", "/usage/", "/operations/", "/mine/"]
BOXES = """() => [...document.querySelectorAll('.rail a')].map((link) => {
    const { x, y, width, height } = link.getBoundingClientRect();
    const icon = link.querySelector('.icon').getBoundingClientRect();
    return [x, y, width, height, icon.x - x, icon.y - y].map(Math.round);
})"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHARES = """() => [...document.querySelectorAll('.chart .plot')].filter((plot) => plot.checkVisibility())
    .map((plot) => plot.getBoundingClientRect().width / plot.closest('section').getBoundingClientRect().width)"""
CUT = """() => [...document.querySelectorAll('dt, h2, .sub, .note, .attention-list li')]
    .filter((words) => words.checkVisibility() && words.scrollWidth > words.clientWidth + 1 && words.clientWidth > 1)
    .map((words) => words.innerText)"""
HIDDEN_COLUMNS = """() => [...document.querySelectorAll('.table-box')]
    .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth)
    .map((box) => [box.id, box.scrollWidth, box.clientWidth])"""
TILES = """() => [...document.querySelectorAll('.tile')].map((tile) => Math.round(tile.getBoundingClientRect().y))"""


@pytest.mark.parametrize("width", [1440, 1024])
def test_the_rail_is_the_same_on_every_page(server: Server, visit: Open, width: int) -> None:  # noqa: F811
    server.take(talk("frame", "alice"))
    tab = visit(server)
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.log_in("bob", PAGES[0])
    found = {}
    for path in PAGES:
        tab.page.goto(f"{server.url}{path}", wait_until="load")
        found[path] = tab.page.evaluate(BOXES)
        assert tab.page.evaluate(WIDER) <= 0, path
    assert all(boxes == found["/"] for boxes in found.values()), found


def test_a_phone_shows_two_tiles_a_row_and_the_first_chart(server: Server, visit: Open) -> None:  # noqa: F811
    server.take(talk("phone", "alice"))
    tab = visit(server)
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.log_in("bob").live()
    rows = tab.page.evaluate(TILES)
    assert [rows.count(y) for y in sorted(set(rows))] == [2, 2, 2]
    chart = tab.page.locator("#chart-response").bounding_box()
    assert chart
    assert chart["y"] < 700
    for path in PAGES:
        tab.page.goto(f"{server.url}{path}", wait_until="load")
        assert tab.page.evaluate(WIDER) <= 0, path


@pytest.mark.parametrize("width", [390, 1024, 2560])
def test_a_chart_is_as_wide_as_its_card(server: Server, visit: Open, width: int) -> None:  # noqa: F811
    tab = visit(server)
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.log_in("bob", "/responses/").live()
    tab.page.locator(".chart .plot:visible").first.wait_for()
    shares = tab.page.evaluate(SHARES)
    assert shares
    assert min(shares) > 0.85


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_no_words_are_cut_and_no_page_scrolls_sideways(server: Server, visit: Open, width: int) -> None:  # noqa: F811
    server.take(talk("whole", "alice"))
    tab = visit(server)
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.log_in("bob", "/report/")
    for path in ("/report/", *PAGES):
        tab.page.goto(f"{server.url}{path}", wait_until="load")
        until(lambda: tab.page.locator(".skeleton:visible").count() == 0)
        assert tab.page.evaluate(CUT) == [], path
        assert tab.page.evaluate(WIDER) <= 0, path


def test_no_column_is_hidden_at_1024(server: Server, visit: Open) -> None:  # noqa: F811
    name = "a-session-of-which-the-id-is-long"
    models = ("a-model-of-which-the-name-is-long-7b", "another-model-of-which-the-name-is-long")
    server.take(talk(name, "alice", 9))
    server.take([message(name, f"{name}-{model}", "assistant", user_id="alice", model=model) for model in models])
    tab = visit(server)
    tab.page.set_viewport_size({"width": 1024, "height": 900})
    tab.log_in("bob", "/")
    for path in (*PAGES, f"/sessions/{name}/"):
        tab.page.goto(f"{server.url}{path}", wait_until="load")
        until(lambda: tab.page.locator(".skeleton:visible").count() == 0)
        assert tab.page.evaluate(HIDDEN_COLUMNS) == [], path
    own = visit(server)
    own.page.set_viewport_size({"width": 1024, "height": 900})
    own.log_in("alice", "/mine/")
    own.page.locator("#sessions-table tbody tr").first.wait_for()
    assert own.page.evaluate(HIDDEN_COLUMNS) == []


def test_the_admin_fits_a_phone(server: Server, visit: Open) -> None:  # noqa: F811
    tab = visit(server)
    tab.page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/admin/", "/admin/stats/price/", "/admin/people/user/"):
        tab.log_in("dora", path)
        assert tab.page.evaluate(WIDER) <= 0, path


def test_an_id_that_does_not_fit_keeps_its_end(server: Server, visit: Open) -> None:  # noqa: F811
    server.take(talk(f"{'long-' * 9}end", "alice", 2))
    tab = visit(server)
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.log_in("bob", "/sessions/?q=long-long")
    cell = tab.page.locator("#rows td.id").first
    box, link = cell.bounding_box(), cell.locator("a").bounding_box()
    assert box
    assert link
    assert link["width"] > box["width"], "it does not fit"
    assert link["x"] + link["width"] <= box["x"] + box["width"]
