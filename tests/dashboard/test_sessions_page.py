"""The list of sessions: plain pages on every database; searched, sorted, filtered in a browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
import test_browser
from playwright.sync_api import Page, Route
from running import Server, event, message, talk, until
from test_browser import Open

from monitoring.dashboard.sessions_page import chips, heads
from monitoring.stats.definitions import BY_PAGE, DEFINITIONS

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
PAGE = "/sessions/"
ROWS = "#rows tbody tr"
ISO = "%Y-%m-%dT%H:%M:%SZ"


def told(server: Server, prefix: str) -> None:
    """Four sessions of a test: one long, one short, one closed, one with a failure in it and of another model."""
    failed = message(f"{prefix}-failed", f"{prefix}-m", "assistant", status="failed", error="x", model="qwen2.5")
    server.take(
        [
            *talk(f"{prefix}-long", "alice", 5),
            *talk(f"{prefix}-short", "alice", 1),
            *talk(f"{prefix}-closed", "charlie", 2),
            event("session.ended", {"session_id": f"{prefix}-closed", "reason": "closed"}),
            *talk(f"{prefix}-failed", "charlie", 3),
            failed,
        ]
    )


def named(html: bytes, prefix: str) -> list[str]:
    """The listed sessions of a test, in order, without its prefix."""
    found = re.findall(rf'data-href="/sessions/{prefix}-([^"]+)/"', html.decode())
    return [unescape(name) for name in found]


def listed(page: Page) -> list[str]:
    return [text.rpartition("-")[2] for text in page.locator(f"{ROWS} td.id").all_inner_texts()]


def shows(page: Page, *names: str) -> None:
    """Waits until these are listed, in this order."""
    until(lambda: listed(page) == list(names), what=f"{names}, not {listed(page)}")


def test_the_address_is_the_whole_question_on_every_database(either: Server) -> None:
    told(either, "plain")
    for query, names in [
        ("sort=messages", ["long", "failed", "closed", "short"]),
        ("sort=messages&order=asc", ["short", "closed", "failed", "long"]),
        ("sort=cost&order=asc&outcome=open", ["short", "failed", "long"]),
        ("outcome=closed", ["closed"]),
        ("outcome=failing", ["failed"]),
        ("state=failing&sort=slowest", ["failed"]),
        ("state=closed&min_slowest=1+s", ["closed"]),
        ("state=active&sort=messages&min_tokens=200", ["long", "failed"]),
        ("state=idle", []),
        ("model=qwen2.5&sort=duration", ["failed"]),
        ("min_cost=0.02&max_cost=0.03&sort=tokens", ["failed", "closed"]),
        ("min_duration=38&within=24h", ["long"]),
        ("sort=average_response_time&max_duration=5+s", ["short"]),
        ("until=2001-01-01", []),
    ]:
        answer = either.page(f"{PAGE}?q=PLAIN-&{query}", "bob")
        assert (answer.status, named(answer.body, "plain")) == (200, names), query
    assert named(either.page(f"{PAGE}?q=plain-short", "bob").body, "plain") == ["short"]


def test_every_order_walks_through_all_pages_on_every_database(either: Server) -> None:
    either.take([one for number in range(60) for one in talk(f"walk-{number:02}", None, 1 + number % 3)])
    for query in ("sort=cost", "sort=messages&order=asc", "sort=last_message&order=asc&outcome=open"):
        address, names = f"?q=walk-&{query}", list[str]()
        while address:
            html = either.page(f"{PAGE}{address}", "bob").body
            names += named(html, "walk")
            found = re.search(r'data-next="([^"]*)"', html.decode())
            assert found is not None
            address = unescape(found[1])
        assert len(names) == len(set(names)) == 60, query


def test_owners_find_theirs_and_nobody_else_s(either: Server) -> None:
    told(either, "theirs")
    for user, names in [("alice", ["long", "short"]), ("charlie", ["failed", "closed"]), ("bob", [])]:
        assert named(either.page("/mine/sessions/?sort=messages&q=theirs-", user).body, "theirs") == names
    assert named(either.page("/mine/sessions/?q=theirs-closed", "alice").body, "theirs") == []
    assert either.page(f"{PAGE}?q=theirs-closed", "alice").status == 403


@pytest.mark.parametrize(
    "query",
    ["sort=x", "order=x", "outcome=x", "state=x", "min_slowest=x", "min_errors=x",
     "owner=x", "min_cost=x", "max_cost=-1", "min_duration=x", "since=x", "until=x",
     "within=x", "q=%00", "min_cost=2&max_cost=1", "q=" + "x" * 600, "owner=falcon-1"],
)  # fmt: skip
def test_nonsense_is_said_in_words(server: Server, query: str) -> None:
    answer = server.page(f"{PAGE}?{query}", "bob")
    assert answer.status == 200
    assert b"These filters cannot be used." in answer.body
    assert b'role="alert"' in answer.body


def test_an_unreadable_place_is_the_first_page_with_words(server: Server) -> None:
    server.take(talk("placed"))
    body = server.page(f"{PAGE}?before=nonsense&q=placed", "bob").body
    assert b"this is the first one" in body
    assert named(body, "place") == [] != re.findall(rb'data-href="/sessions/placed/"', body)


def test_a_page_that_is_there_asks_for_its_list_alone(server: Server) -> None:
    answer = server.call("GET", PAGE, headers={"Cookie": server.log_in("bob"), "X-Part": "list"})
    assert answer.body.lstrip().startswith(b"<section")
    assert "X-Part" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_typed_is_searched_and_stands_in_the_address(server: Server, visit: Open) -> None:
    told(server, "typed")
    tab = visit(server).log_in("bob", PAGE)
    tab.page.keyboard.press("/")
    assert tab.page.evaluate("document.activeElement.id") == "search"
    tab.page.keyboard.type("typed-", delay=20)
    tab.page.wait_for_url("**?q=typed-")
    until(lambda: len(listed(tab.page)) == 4)
    tab.page.locator("#search").fill("typed-short")
    shows(tab.page, "short")
    tab.page.go_back()
    tab.page.wait_for_function("document.getElementById('search').value === ''")
    assert tab.page.url.endswith(PAGE)
    tab.page.go_forward()
    shows(tab.page, "short")
    assert tab.page.locator("#search").input_value() == "typed-short"
    owner = tab.page.locator(f"{ROWS} td").nth(12).text_content()
    tab.page.locator("#search").fill(owner)
    until(lambda: {"long", "short"} <= set(listed(tab.page)))
    assert "closed" not in listed(tab.page)


def test_a_header_changes_the_order_and_back_changes_it_back(server: Server, visit: Open) -> None:
    told(server, "sorted")
    tab = visit(server).log_in("bob", f"{PAGE}?q=sorted-")
    tab.page.get_by_role("link", name="Messages").click()
    shows(tab.page, "long", "failed", "closed", "short")
    assert tab.page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert tab.page.evaluate("document.activeElement.dataset.sort") == "messages", "the focus stays on the header"
    tab.page.keyboard.press("Enter")
    shows(tab.page, "short", "closed", "failed", "long")
    assert "sort=messages&order=asc" in tab.page.url
    tab.page.go_back()
    shows(tab.page, "long", "failed", "closed", "short")
    tab.page.reload()
    shows(tab.page, "long", "failed", "closed", "short")
    assert all(title for title in tab.page.locator("th").evaluate_all("all => all.map((one) => one.title)"))


def test_filters_are_chosen_shown_and_taken_away(server: Server, visit: Open) -> None:
    told(server, "chosen")
    tab = visit(server).log_in("bob", f"{PAGE}?q=chosen-&sort=messages")
    tab.page.get_by_label("State").select_option("failing")
    shows(tab.page, "failed")
    tab.page.get_by_label("State").select_option("")
    tab.page.get_by_text("More filters").click()
    tab.page.get_by_label("Duration from").fill("15 s")
    shows(tab.page, "long", "failed")
    tab.page.get_by_label("Cost to").fill("0.04")
    shows(tab.page, "failed")
    assert "sort=messages" in tab.page.url, "a filter keeps the order"
    tab.page.locator(".chip", has_text="duration from").click()
    shows(tab.page, "failed", "closed", "short")
    assert tab.page.get_by_label("Duration from").input_value() == ""
    href = tab.page.locator("#csv").get_attribute("href")
    assert href == f"/api/v1/sessions.csv{'?' + tab.page.url.partition('?')[2]}"


def test_an_empty_list_says_which_filter_excludes_everything(server: Server, visit: Open) -> None:
    told(server, "none")
    tab = visit(server).log_in("bob", f"{PAGE}?q=none-&model=no-such-model")
    empty = tab.page.locator("#empty")
    empty.get_by_role("heading", name="No session matches").wait_for()

    def says_why() -> bool:  # it is looked for during a moment only, so that the list waits for nobody
        tab.page.reload()
        return (
            "No match for model: no-such-model together with the other filters. Remove this filter"
            in empty.inner_text()
        )

    until(says_why)
    empty.get_by_role("link", name="Clear all filters").click()
    tab.page.wait_for_selector(ROWS)
    assert tab.page.url.endswith(PAGE)
    assert tab.page.locator("#search").input_value() == ""


def test_a_peak_opens_its_slowest_answers(server: Server, visit: Open) -> None:
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=20)
    for name, wait, later in (("steady", 3, 0), ("culprit", 19, 0), ("elsewhere", 40, 300)):
        asked = begin + timedelta(seconds=later)
        server.take(
            [
                message(f"peak-{name}", f"{name}-q", "user", asked, user_id="alice"),
                message(f"peak-{name}", f"{name}-a", "assistant", asked + timedelta(seconds=wait)),
                message(f"peak-{name}", f"{name}-z", "user", asked + timedelta(seconds=600), user_id="alice"),
            ]
        )
    since, end = (begin - timedelta(seconds=10)).strftime(ISO), (begin + timedelta(seconds=59)).strftime(ISO)
    tab = visit(server).log_in("bob", f"{PAGE}?q=peak-&since={since}&until={end}&sort=slowest")
    shows(tab.page, "culprit", "steady")
    said = tab.page.locator(".chip").all_inner_texts()
    assert any("slowest first" in chip for chip in said), said
    assert any(re.search(r"active .*[0-9]–", chip) for chip in said), said
    assert tab.page.locator(f"{ROWS} td").nth(2).inner_text().startswith("19.0 s")
    tab.page.locator(f"{ROWS} a").first.click()
    tab.page.wait_for_url("**/sessions/peak-culprit/?message=*")
    tab.page.locator("#picked").get_by_text("answered in 19.0 s").wait_for(timeout=90_000)


def test_the_time_of_other_pages_becomes_a_filter(server: Server) -> None:
    for given, wanted in [
        ("range=6h&sort=cost", "?sort=cost&within=6h"),
        ("range=1764370800-1764374400", "?since=2025-11-28T23%3A00%3A00Z&until=2025-11-29T00%3A00%3A00Z"),
        ("from=2026-11-28T19:00:00Z&to=2026-11-28T20:00:00Z",
         "?since=2026-11-28T19%3A00%3A00Z&until=2026-11-28T20%3A00%3A00Z"),
    ]:  # fmt: skip
        answer = server.page(f"{PAGE}?{given}", "bob")
        assert (answer.status, answer.headers["Location"]) == (302, f"{PAGE}{wanted}")
    assert server.page(f"{PAGE}?range=soon", "bob").status == 200


def test_the_search_finds_parts_of_owners_names_and_a_list_says_its_total(server: Server, visit: Open) -> None:
    told(server, "totals")
    tab = visit(server).log_in("bob", f"{PAGE}?q=totals-long")
    owner = tab.page.locator(f"{ROWS} td").nth(12).text_content() or ""
    assert tab.page.locator(".total").inner_text() == "1 session"
    tab.page.locator("#search").fill(owner.partition("-")[0])
    until(lambda: {"long", "short"} <= set(listed(tab.page)))
    assert "closed" not in listed(tab.page)
    tab.page.locator("#search").fill("pi-pi-pit")
    tab.page.locator("#empty").get_by_text("No match for “pi-pi-pit”. Remove this filter").wait_for(timeout=90_000)
    tab.page.get_by_role("link", name="Remove this filter").last.click()
    tab.page.wait_for_selector(ROWS)


def test_what_came_is_told_above_the_list_and_shown_when_asked(server: Server, visit: Open) -> None:
    told(server, "news")
    tab = visit(server).log_in("bob", f"{PAGE}?q=news-")
    server.take([*talk("news-fresh", "alice", 1), *talk("news-other", "alice", 1)])
    bar = tab.page.locator("#news")
    bar.get_by_text("2 new sessions").wait_for(timeout=90_000)
    assert len(listed(tab.page)) == 4, "the list stays as it is until it is asked for"
    bar.get_by_role("button", name="Show").click()
    until(lambda: {"fresh", "other"} < set(listed(tab.page)))
    until(bar.is_hidden)
    server.take([message("news-fresh", "later", "user", user_id="alice")])
    bar.get_by_text("1 with new activity").wait_for(timeout=90_000)


@pytest.mark.parametrize("width", [390, 1024, 1440, 2560])
def test_columns_that_do_not_fit_are_hidden_with_a_sign(server: Server, browser: Any, width: int) -> None:
    told(server, "narrow")
    context = browser.new_context(viewport={"width": width, "height": 800})
    tab = test_browser.Visit(server, context.new_page()).log_in("bob", f"{PAGE}?q=narrow-&sort=duration")
    until(lambda: tab.page.locator(ROWS).count() == 4)
    for name in ("Session", "State", "Slowest", "Last message", "Duration"):
        assert tab.page.locator("th", has_text=re.compile(f"^{name}$")).is_visible()
    hidden = tab.page.locator("th:not(:visible)").count()
    assert tab.page.locator("#all-columns").is_visible() == bool(hidden)
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if hidden:
        tab.page.get_by_label("Show all columns").check()
        assert tab.page.locator("th:not(:visible)").count() == 0
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_times_are_chosen_in_the_viewer_s_zone_and_linked_in_utc(server: Server, browser: Any) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo")
    tab = test_browser.Visit(server, context.new_page()).log_in("bob", f"{PAGE}?since=2026-01-02T03:04Z")
    assert tab.page.get_by_label("Active after").input_value() == "2026-01-02T12:04"
    assert "2026-01-02 12:04 GMT+9" in tab.page.locator(".chip").inner_text()
    tab.page.get_by_label("Active after").fill("2026-01-02T09:00")
    tab.page.wait_for_url("**/sessions/?since=2026-01-02T00%3A00Z")
    assert tab.complaints == []
    context.close()


def test_a_row_opens_on_enter_and_arrows_walk(server: Server, visit: Open) -> None:
    told(server, "walked")
    tab = visit(server).log_in("bob", f"{PAGE}?q=walked-&sort=messages")
    tab.page.locator(f"{ROWS} a").first.focus()
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/sessions/walked-failed/**")
    tab.page.go_back()
    shows(tab.page, "long", "failed", "closed", "short")


def test_the_next_page_stands_in_the_address_and_back_leads_to_the_one_before(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take([one for number in range(120) for one in talk(f"many-{number}", "alice", 1)])
    tab = visit(server).log_in("bob", f"{PAGE}?sort=messages")
    pages = [listed(tab.page)]
    for amount in (50, 20):
        before = tab.page.url
        tab.page.get_by_role("link", name="Next page").click()
        until(lambda: tab.page.locator(ROWS).count() == amount and tab.page.url != before)  # noqa: B023
        until(lambda: listed(tab.page)[0] not in pages[-1])
        pages.append(listed(tab.page))
    assert len({name for page in pages for name in page}) == 120
    assert tab.page.locator("#next").count() == 0
    assert "sort=messages&before=" in tab.page.url
    assert "ago" in tab.page.locator(f"{ROWS} td time").last.inner_text()
    tab.page.reload()
    assert listed(tab.page) == pages[2]
    tab.page.locator("[data-refresh]").click()
    assert listed(tab.page) == pages[2], "what is refreshed is the page one looks at"
    tab.page.go_back()
    until(lambda: listed(tab.page) == pages[1])
    tab.page.get_by_role("link", name="First page").click()
    until(lambda: listed(tab.page) == pages[0])
    assert tab.page.url.endswith("?sort=messages")


def part(examined: int, names: list[str], following: str) -> str:
    """A list as the server makes it, of a search that takes its time."""
    rows = "".join(
        f'<tr data-href="/sessions/{name}/"><td class="id"><a href="/x">{name}</a></td></tr>' for name in names
    )
    return (
        f'<section class="card list results" id="list" data-rows="{len(names)}" data-examined="{examined}"'
        f' data-next="{following}"><header class="state-line"><p class="progress" id="progress" role="status"></p>'
        f'<time id="asof" datetime="2026-11-25T10:00:00Z"></time></header><div class="table-box"><table id="rows">'
        f"<tbody>{rows}</tbody></table></div>"
        + (f'<p class="next"><a id="next" href="{following}">Search further</a></p>' if following else "")
        + "</section>"
    )  # fmt: skip


def test_a_search_that_takes_its_time_goes_on_by_itself_and_says_how_far_it_is(server: Server, visit: Open) -> None:
    server.take(talk("patience"))
    tab = visit(server).log_in("bob", PAGE)
    held: list[Route] = []
    tab.page.route("**/sessions/?q=rare*", lambda route: held.append(route))
    tab.page.locator("#search").fill("rare")
    said = [("?q=rare&amp;before=1", ["a-one"], "60,000"), ("?q=rare&amp;before=2", [], "120,000")]
    for number, (following, names, examined) in enumerate(said):
        until(lambda: len(held) == number + 1 or tab.page.wait_for_timeout(20))  # noqa: B023
        held[number].fulfill(body=part(60_000, names, following), content_type="text/html")
        until(lambda: f"{examined} sessions; 1 found" in tab.page.locator("#progress").inner_text())  # noqa: B023
    tab.page.get_by_role("button", name="Stop").click()
    assert tab.page.locator("#progress").inner_text() == "stopped: examined 120,000 sessions; 1 found"
    tab.page.get_by_role("link", name="Search further").click()
    until(lambda: len(held) == 4 or tab.page.wait_for_timeout(20))
    assert held[3].request.url.endswith("before=2"), "it goes on where it was"
    held[3].fulfill(body=part(5_000, ["a-two"], ""), content_type="text/html")
    shows(tab.page, "one", "two")
    assert tab.page.locator("#progress").inner_text() == "examined 125,000 sessions; 2 found"


def test_what_fails_is_said_and_can_be_tried_again(server: Server, visit: Open) -> None:
    told(server, "failing")
    tab = visit(server).log_in("bob", f"{PAGE}?q=failing-&sort=messages")
    tab.page.route("**/sessions/?*", lambda route: route.fulfill(status=503, body=""))
    tab.page.get_by_role("link", name="Tokens").click()
    tab.page.get_by_role("alert").get_by_text("The database does not answer.").wait_for()
    assert listed(tab.page) == ["long", "failed", "closed", "short"], "the list before stays"
    tab.page.unroute_all()
    tab.page.get_by_role("button", name="Try again").click()
    tab.page.wait_for_selector("th[aria-sort] [data-sort=tokens]")
    assert tab.page.get_by_role("alert").count() == 0
    tab.complaints.clear()


def test_the_page_needs_no_scripts(server: Server, browser: Any) -> None:
    told(server, "plainly")
    context = browser.new_context(java_script_enabled=False)
    tab = test_browser.Visit(server, context.new_page()).log_in("bob", PAGE)
    tab.page.get_by_label("Search").fill("plainly-")
    tab.page.get_by_label("State").select_option("failing")
    tab.page.get_by_role("button", name="Search").click()
    assert listed(tab.page) == ["failed"]
    tab.page.locator(".chip", has_text="state").click()
    tab.page.get_by_role("link", name="Messages").click()
    assert listed(tab.page) == ["long", "failed", "closed", "short"]
    context.close()


def test_headers_turn_their_order_round_and_begin_with_the_most() -> None:
    found = {head.sort: head for head in heads({"sort": "cost", "q": "a b", "before": "x"}, mine=False) if head.sort}
    assert found["cost"].href == "?sort=cost&q=a+b&order=asc"
    assert found["tokens"].href == "?sort=tokens&q=a+b"
    assert found["last_message"].href == "?q=a+b"
    assert (found["cost"].aria, found["tokens"].aria) == ("descending", "")
    assert "Owner" not in {head.label for head in heads({}, mine=True)}


def test_the_slowest_answers_of_a_time_are_named_so() -> None:
    chosen = {"sort": "slowest", "since": "2026-11-30T15:01:00Z", "until": "2026-11-30T15:02:00Z"}
    assert "Slowest in this time" in {head.label for head in heads(chosen, mine=False, peaks=True)}
    assert "Slowest in this time" not in {head.label for head in heads(chosen, mine=False)}


def test_what_a_column_means_stands_in_one_place() -> None:
    told = {head.label: head.words for head in heads({}, mine=False)}
    assert told["Cost"] == DEFINITIONS["sessions.cost"].words
    assert set(told.items()) <= {(one.label, one.words) for one in BY_PAGE["sessions"]}


def test_a_chip_s_address_leaves_its_filter_out_and_begins_anew() -> None:
    (q, since) = chips({"q": "x", "since": "2026-01-01T00:00", "before": "y", "sort": "cost"}, {"q": "alone"})
    assert (q["way"], since["way"]) == ("alone", "")
    assert (q["value"], q["href"]) == ("x", f"?since={quote('2026-01-01T00:00', safe='')}&sort=cost")
    assert (since["at"], since["value"]) == ("2026-01-01T00:00Z", "2026-01-01 00:00 UTC")
