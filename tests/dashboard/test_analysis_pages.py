"""Usage and responses in a real browser: live, with links that lead to the sessions, for staff alone."""

from collections.abc import Callable

import pytest
import test_browser
from playwright.sync_api import Locator, Page
from running import Server, talk, until
from test_browser import Open

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
PAGES = ("/usage/", "/responses/")


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_for_staff_alone(server: Server, visit: Open, page: str) -> None:
    for user in ("alice", "charlie"):
        tab = visit(server).log_in(user, "/mine/")
        assert tab.page.locator(f'a[href="{page}"]').count() == 0
        answer = tab.page.goto(f"{server.url}{page}")
        assert answer is not None
        assert answer.status == 403
        tab.complaints.clear()


def test_an_event_moves_usage_without_a_reload(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("first", "alice", 1))
    tab = visit(server).log_in("bob", "/usage/").live()
    messages = tab.page.locator('[data-fact="messages"] .value')
    until(lambda: messages.inner_text() == "2")
    tab.page.evaluate("window.stays = true")
    server.take(talk("second", "alice", 3))
    until(lambda: messages.inner_text() == "8")
    for chart in ("heat", "models", "by-day", "leaving"):
        tab.page.wait_for_selector(f"#chart-{chart}:not([data-state])")
    row = tab.page.locator("#models-table tbody tr").first
    assert "/sessions/?since=" in (row.get_attribute("data-href") or "")
    assert tab.page.evaluate("window.stays")


def test_an_event_moves_responses_without_a_reload(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("first", "alice", 1))
    tab = visit(server).log_in("bob", "/responses/").live()
    answers = tab.page.locator('[data-fact="responses"] .value')
    until(lambda: answers.inner_text() == "1")
    server.take(talk("second", "alice", 3))
    until(lambda: answers.inner_text() == "4")
    assert tab.page.locator("#verdict-word").inner_text() == "not known"
    assert "–" not in tab.page.locator('[data-fact="response_p50"] .value').inner_text()


@pytest.mark.parametrize("page", PAGES)
def test_before_the_first_event_it_says_what_would_be_here_and_nothing_is_zero_that_is_unknown(
    fresh: Fresh, visit: Open, page: str
) -> None:
    tab = visit(fresh()).log_in("bob", page).live()
    tab.page.locator("#empty").wait_for()
    assert tab.page.locator("#empty a").get_attribute("href") == "/"
    unknown = "engagement" if page == "/usage/" else "response_p50"
    assert tab.page.locator(f'[data-fact="{unknown}"] .value').inner_text() == "–"


def test_the_days_stand_in_the_address_and_come_back(server: Server, visit: Open) -> None:
    tab = visit(server).log_in("bob", "/responses/").live()
    tab.page.get_by_role("button", name="90 d").click()
    tab.page.wait_for_selector('.one-range[data-range="90d"][aria-pressed="true"]')
    until(lambda: "last 90 days" in tab.page.locator("#chart-histogram .sub").inner_text())
    assert "range=90d" in tab.page.url
    tab.page.reload()
    tab.live()
    assert tab.page.locator('.one-range[data-range="90d"]').get_attribute("aria-pressed") == "true"
    tab.page.get_by_role("button", name="7 d", exact=True).click()
    tab.page.go_back()
    tab.page.wait_for_selector('.one-range[data-range="90d"][aria-pressed="true"]')


def point_at(page: Page, parts: Locator) -> None:
    """With the mouse, as an SVG part lies under the plot: the highest bar of these. Again until a tooltip comes: a live
    page moves."""
    until(lambda: pointed(page, parts), seconds=90)


def pointed(page: Page, parts: Locator) -> bool:
    parts.last.evaluate("part => part.scrollIntoView({ block: 'center' })")
    box = max(boxes(parts), key=lambda one: one["height"])
    for shift in (60, 0):  # Plotly tells of a point once
        page.mouse.move(box["x"] + box["width"] / 2 - shift, box["y"] + box["height"] / 2)
    page.wait_for_timeout(200)
    return page.locator(".tip:visible").count() > 0


def boxes(parts: Locator) -> list[dict[str, float]]:
    found: list[dict[str, float]] = parts.evaluate_all(
        """all => all.map((one) => one.getBoundingClientRect())
            .map(({ x, y, width, height }) => ({ x, y, width, height }))"""
    )
    return found


def click_at(page: Page, parts: Locator) -> None:
    point_at(page, parts)
    page.mouse.down()
    page.mouse.up()


def test_a_click_on_a_chart_pins_the_tooltip_whose_link_opens_the_sessions_of_then(server: Server, visit: Open) -> None:
    server.take(talk("clicked", "alice"))
    tab = visit(server).log_in("bob").live()
    tab.page.wait_for_function(f"() => ({test_browser.SHOWN})('messages') > 1.5")
    here = tab.page.url
    click_at(tab.page, tab.page.locator("#chart-messages .point path"))
    link = tab.page.locator("#chart-messages .tip[data-pinned] a")
    link.wait_for()
    assert tab.page.url == here
    tab.page.keyboard.press("Escape")
    tab.page.wait_for_selector("#chart-messages .tip", state="hidden")
    click_at(tab.page, tab.page.locator("#chart-messages .point path"))
    link.click()
    tab.page.wait_for_url("**/sessions/?since=*&until=*")


def test_a_click_elsewhere_takes_a_pinned_tooltip_away(server: Server, visit: Open) -> None:
    server.take(talk("clicked-elsewhere", "alice"))
    tab = visit(server).log_in("bob").live()
    tab.page.wait_for_function(f"() => ({test_browser.SHOWN})('messages') > 1.5")
    click_at(tab.page, tab.page.locator("#chart-messages .point path"))
    tab.page.wait_for_selector("#chart-messages .tip[data-pinned]")
    tab.page.get_by_role("heading", name="Overview").click()
    tab.page.wait_for_selector("#chart-messages .tip", state="hidden")


def test_the_crosshair_stands_in_every_chart_at_the_time_under_the_pointer(server: Server, visit: Open) -> None:
    server.take(talk("crossed", "alice"))
    tab = visit(server).log_in("bob").live()
    tab.page.wait_for_function(f"() => ({test_browser.SHOWN})('messages') > 1.5")
    point_at(tab.page, tab.page.locator("#chart-messages .point path"))
    for chart in ("messages", "tokens", "sessions", "response"):
        tab.page.wait_for_selector(f"#chart-{chart} .cross:not([hidden])", state="attached")
    tab.page.get_by_role("heading", name="Overview").hover()
    tab.page.wait_for_selector("#chart-sessions .cross", state="hidden")


def test_the_link_of_a_part_of_a_bar_opens_the_sessions_of_that_part(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    other = [one | {"data": one["data"] | {"model": "qwen2.5"}} for one in talk("of-another-model", "alice", 3)]
    server.take(talk("of-one-model", "alice", 4) + other)
    tab = visit(server).log_in("bob", "/usage/").live()
    parts = tab.page.locator("#chart-models .trace.bars")
    until(lambda: parts.count() == 2)
    click_at(tab.page, parts.nth(1).locator(".point path"))
    tab.page.locator("#chart-models .tip[data-pinned] a").click()
    tab.page.wait_for_url("**/sessions/?since=*&until=*&model=qwen2.5")


def test_the_keyboard_has_the_same_links_in_the_table_of_a_chart(server: Server, visit: Open) -> None:
    server.take(talk("by-keyboard", "alice"))
    tab = visit(server).log_in("bob").live()
    tab.page.wait_for_selector("#chart-heat:not([data-state])")
    tab.page.locator("#chart-heat").focus()
    tab.page.keyboard.press("d")
    link = tab.page.locator("#chart-heat .data-table a").first
    assert "/sessions/?since=" in (link.get_attribute("href") or "")
    link.focus()
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/sessions/?since=*&until=*")


def test_a_chart_shows_what_is_chosen_and_the_address_says_so(server: Server, visit: Open) -> None:
    server.take(talk("picked", "alice"))
    tab = visit(server).log_in("bob", "/usage/").live()
    tab.page.wait_for_selector("#chart-heat:not([data-state])")
    heat = tab.page.locator("#chart-heat")
    heat.get_by_role("button", name="Tokens").click()
    until(lambda: heat.locator(".sub").inner_text().startswith("tokens per hour"))
    assert "heat=tokens" in tab.page.url
    tab.page.reload()
    tab.live()
    assert heat.get_by_role("button", name="Tokens").get_attribute("aria-pressed") == "true"


def test_the_table_of_models_sorts_and_is_saved_as_it_stands(server: Server, visit: Open) -> None:
    server.take(talk("kept", "alice"))
    tab = visit(server).log_in("bob", "/usage/").live()
    tab.page.locator("#models-table tbody tr").first.wait_for()
    tab.page.locator("#models-table").get_by_role("button", name="Messages").click()
    assert "sort=messages.down" in tab.page.url
    with tab.page.expect_download() as told:
        tab.page.get_by_role("button", name="Save as CSV: Models").click()
    text = told.value.path().read_text()
    assert text.startswith('"Model","Messages",')
    assert len(text.splitlines()) == tab.page.locator("#models-table tbody tr").count() + 1


@pytest.mark.parametrize("page", PAGES)
def test_what_a_figure_means_is_told_to_the_keyboard_with_its_source_and_age(
    server: Server, visit: Open, page: str
) -> None:
    server.take(talk("meant", "alice"))
    tab = visit(server).log_in("bob", page).live()
    button = tab.page.locator("#figures .hint").first
    button.focus()
    tab.page.keyboard.press("Enter")
    text = tab.page.locator("#figures .hint-text").first
    until(lambda: "Source: " in text.inner_text())
    until(lambda: "old" in text.inner_text())
    tab.page.keyboard.press("Escape")
    assert not text.is_visible()


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_of_the_page_has_its_meaning(server: Server, visit: Open, page: str) -> None:
    tab = visit(server).log_in("bob", page).live()
    bare = tab.page.locator("[data-means]:not(:has(.hint))")
    assert [one.get_attribute("data-means") for one in bare.all()] == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [390, 1440, 2560])
def test_the_page_fits_its_window(server: Server, visit: Open, page: str, width: int) -> None:
    server.take(talk("x" * 200, "alice"))
    tab = visit(server).log_in("bob", page).live()
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.page.wait_for_timeout(400)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("letter", "page"), [("r", "/responses/"), ("u", "/usage/")])
def test_two_keys_lead_there(server: Server, visit: Open, letter: str, page: str) -> None:
    tab = visit(server).log_in("bob").live()
    tab.page.keyboard.type(f"g{letter}")
    tab.page.wait_for_url(f"**{page}")
