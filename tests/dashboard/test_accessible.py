"""The pages as axe sees them, in light and in dark: contrast, names, roles, order."""

from typing import Literal

import pytest
import test_browser
from axe_playwright_python.sync_playwright import Axe
from running import Server, message, until
from test_browser import Open
from test_session_page import rich

browser, visit = test_browser.browser, test_browser.visit
PAGES = [
    ("bob", "/", "#most tbody tr"),
    ("bob", "/sessions/", "#rows tbody tr"),
    ("bob", "/sessions/?q=seen&outcome=failing", "#rows tbody tr"),
    ("bob", "/sessions/?before=nonsense", "#trouble"),
    ("bob", "/sessions/seen/", "#messages tbody tr"),
    ("alice", "/sessions/unanswered/", "#messages tbody tr"),
    ("alice", "/mine/", "#sessions-table tbody tr"),
    ("bob", "/operations/", "#stages tbody tr"),
    ("dora", "/alerts/", "#rules-table tbody tr"),
    ("dora", "/alerts/rules/2/", "#told:not(:empty)"),
    ("bob", "/usage/", "#models-table tbody tr"),
    ("bob", "/responses/", "#models-table tbody tr"),
    ("bob", "/api/v1/docs", "details summary"),
    *(
        ("dora", f"/admin/{path}", "#content")
        for path in (
            *("", "people/user/", "people/user/add/", "people/apikey/", "people/apikey/add/", "auth/group/add/"),
            *("stats/price/", "stats/price/add/", "password_change/"),
        )
    ),
]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def told(server: Server) -> Server:
    server.take([*rich("seen"), message("unanswered", "unanswered-q", "user", user_id="alice")])
    return server


@pytest.mark.parametrize(("user", "path", "there"), PAGES)
def test_axe_finds_nothing_in_light_and_in_dark(told: Server, visit: Open, user: str, path: str, there: str) -> None:
    tab = visit(told).log_in(user, path)
    tab.page.wait_for_selector(there)
    until(lambda: tab.page.locator(".skeleton:visible, .chart[data-state=loading]:visible").count() == 0)
    for scheme in SCHEMES:
        tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        tab.page.wait_for_timeout(300)
        found = Axe().run(tab.page, options={"preload": False})  # it would ask for sheets at wrong addresses
        assert found.violations_count == 0, (scheme, found.generate_report())
        assert len(found.response["passes"]) > 15, "it looked"
