"""My sessions in a real browser: one's own figures, live, and nobody else's."""

from collections.abc import Callable

import test_browser
from running import PASSWORD, Server, talk, until
from test_browser import Open

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
PAGE = "/mine/"


def test_one_s_own_figures_and_sessions_move_without_a_reload(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("hers", "alice") + talk("his", "charlie"))
    tab = visit(server).log_in("alice", PAGE).live()
    messages = tab.page.locator('#figures [data-fact="messages"] .value')
    rows = tab.page.locator("#sessions-table tbody tr")
    until(lambda: messages.inner_text() == "4")
    assert [row.locator("a").inner_text() for row in rows.all()] == ["hers"]
    tab.page.evaluate("window.stays = true")
    server.take(talk("hers-too", "alice"))
    until(lambda: messages.inner_text() == "8")
    until(lambda: rows.count() == 2)
    assert "his" not in tab.page.locator("#sessions-table").inner_text().split()
    assert tab.page.evaluate("window.stays")
    assert "5 other people" in tab.page.locator("#withheld").inner_text()
    for chart in ("days", "heat", "models", "by-day"):
        tab.page.locator(f"#chart-{chart}").scroll_into_view_if_needed()
        tab.page.wait_for_selector(f"#chart-{chart}:not([data-state])")


def test_another_range_stands_in_the_address_and_holds_after_a_reload(server: Server, visit: Open) -> None:
    server.take(talk("ranged", "alice"))
    tab = visit(server).log_in("alice", PAGE).live()
    tab.page.get_by_role("button", name="90 d").click()
    until(lambda: "range=90d" in tab.page.url)
    until(lambda: "last 90 days" in tab.page.locator("#chart-days .sub").inner_text())
    tab.page.reload()
    tab.live()
    assert tab.page.get_by_role("button", name="90 d").get_attribute("aria-pressed") == "true"


def test_an_owner_without_sessions_is_told_what_will_be_here(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    tab = visit(server).log_in("charlie", PAGE).live()
    until(lambda: "no sessions yet" in tab.page.locator("#nothing").inner_text())
    assert not tab.page.locator("#board").is_visible()
    server.take(talk("first-of-charlie", "charlie"))
    until(lambda: tab.page.locator("#board").is_visible())
    until(lambda: tab.page.locator("#sessions-table tbody tr").count() == 1)


def test_who_is_no_owner_is_told_what_to_do(server: Server, visit: Open) -> None:
    server.shell(f"make_user('eve', {PASSWORD!r}, 'ops')")
    tab = visit(server).log_in("eve", PAGE)
    until(lambda: "not linked to a chat user" in tab.page.locator("#nothing").inner_text())
    assert "Admin" in tab.page.locator("#nothing").inner_text()


def test_a_row_opens_its_session_and_the_list_of_all_is_one_click_away(server: Server, visit: Open) -> None:
    server.take(talk("opens", "alice"))
    tab = visit(server).log_in("alice", PAGE).live()
    assert tab.page.get_by_role("link", name="all my sessions").get_attribute("href") == "/mine/sessions/"
    tab.page.locator("#sessions-table").get_by_role("link", name="opens", exact=True).click()
    tab.page.wait_for_url("**/sessions/opens/")


def test_an_owner_is_told_above_the_fold_who_can_see_what_under_which_name(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("seen", "alice"))
    tab = visit(server).log_in("alice", PAGE).live()
    tab.page.set_viewport_size({"width": 1440, "height": 900})
    card = tab.page.locator("#seen-by")
    words = card.inner_text()
    owner = server.page("/api/v1/sessions?q=seen", "bob").json["sessions"][0]["owner"]
    assert owner in words, "the name that staff see"
    for part in ("You", "with the role ops", "administrator", "Nobody else", "kept for 90 days"):
        assert part in words
    for part in ("#seen-by", "#compared-title"):
        box = tab.page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 900


def test_my_page_fits_a_telephone(server: Server, visit: Open) -> None:
    server.take(talk("small", "alice"))
    tab = visit(server).log_in("alice", PAGE).live()
    tab.page.set_viewport_size({"width": 390, "height": 844})
    until(lambda: tab.page.locator("#sessions-table tbody tr").count() > 0)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
