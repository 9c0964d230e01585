"""What a log-in has shown is gone with it: from the cache, from behind the button for going back, from other tabs."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from running import PASSWORD, Server, talk
from test_browser import CHROMIUM, QUIET

OWN = [
    "/", "/mine/", "/mine/sessions/", "/sessions/", "/sessions/out/", "/usage/", "/responses/", "/operations/",
    "/admin/", "/admin/people/user/", "/admin/password_change/", "/sessions/nowhere/", "/nowhere", "/login/",
    "/api/v1/sessions", "/api/v1/sessions.csv", "/api/v1/sessions/out/messages", "/api/v1/mine", "/api/v1/docs",
]  # fmt: skip


@pytest.fixture(scope="module")
def house(server: Server) -> Server:
    server.take(talk("out", "alice"))
    return server


@pytest.mark.parametrize("user", ["alice", "dora"])
@pytest.mark.parametrize("path", OWN)
def test_an_answer_to_a_log_in_is_not_stored(house: Server, path: str, user: str) -> None:
    assert house.page(path, user).headers["Cache-Control"] == "no-store"


def test_what_is_nobody_s_may_be_kept(house: Server) -> None:
    assert (
        "no-store" not in house.page(f"{settings.STATIC_URL}js/views/early-theme.js", "alice").headers["Cache-Control"]
    )
    assert house.get("/api/v1/sessions").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/logout/", "/admin/logout/"])
def test_the_end_of_a_log_in_clears_what_the_browser_has_kept(house: Server, path: str) -> None:
    cookie = house.log_in("dora", again=True)
    head = {"Cookie": f"{cookie}; csrftoken={'a' * 32}", "Content-Type": "application/x-www-form-urlencoded"}
    answer = house.call("POST", path, f"csrfmiddlewaretoken={'a' * 32}".encode(), head)
    assert (answer.headers["Clear-Site-Data"], answer.headers["Cache-Control"]) == ('"cache"', "no-store")
    assert house.call("GET", "/sessions/", headers={"Cookie": cookie}).status == 302


@pytest.fixture(scope="module")
def remembering() -> Iterator[Browser]:
    """Chromium as people have it: a page that is left is kept as it was (Playwright's own does not)."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*QUIET, "--enable-features=BackForwardCache"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield found
        found.close()


@pytest.fixture
def context(remembering: Browser, house: Server) -> Iterator[BrowserContext]:
    made = remembering.new_context()
    made.set_default_timeout(15_000)
    yield made
    made.close()


def logged_in(context: BrowserContext, server: Server, path: str, user: str = "alice") -> Page:
    page = context.new_page()
    page.goto(f"{server.url}{path}")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{path}")
    page.get_by_text("out", exact=True).first.wait_for()
    return page


def log_out(page: Page) -> None:
    page.locator("#user summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/")


@pytest.mark.parametrize("path", ["/mine/sessions/", "/mine/"])
def test_the_button_for_going_back_shows_nothing_after_log_out(
    context: BrowserContext, house: Server, path: str
) -> None:
    page = logged_in(context, house, path)
    log_out(page)
    page.evaluate("history.back()")
    page.wait_for_url(lambda url: "/login/?next=" in url)
    assert page.get_by_text("out", exact=True).count() == 0


@pytest.mark.parametrize("path", ["/mine/sessions/", "/sessions/out/"])
def test_every_other_tab_leaves_by_itself(context: BrowserContext, house: Server, path: str) -> None:
    first = logged_in(context, house, "/mine/sessions/")
    other = context.new_page()
    other.goto(f"{house.url}{path}?message=x")
    log_out(first)
    other.wait_for_url(f"**/login/?next={path.replace('/', '%2F')}%3Fmessage%3Dx")
    assert other.get_by_text("out", exact=True).count() == 0


def test_admin_s_pages_leave_too(context: BrowserContext, house: Server) -> None:
    first = logged_in(context, house, "/sessions/", "dora")
    other = context.new_page()
    other.goto(f"{house.url}/admin/people/user/")
    log_out(first)
    other.wait_for_url(lambda url: "/login/?next=" in url)
    again = logged_in(context, house, "/sessions/", "dora")
    other.goto(f"{house.url}/admin/people/user/")
    other.locator("#logout-form button").click()
    again.wait_for_url(lambda url: "/login/?next=" in url)
