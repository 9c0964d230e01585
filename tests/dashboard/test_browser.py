"""The pages in a real browser: they are live, heal by themselves, and ask nobody but us."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from running import PASSWORD, Server, message, talk, until

Fresh = Callable[..., Server]
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""Without windows, where there is one: a page costs it half of the computing."""
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SHOWN = """id => (document.querySelector(`#chart-${id} .plot`).data ?? [])
    .flatMap((line) => Array.from(line.y)).reduce((sum, value) => sum + (value ?? 0), 0)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@dataclass
class Visit:
    """A tab of somebody's own, and everything it complained of or asked another host for."""

    server: Server
    page: Page
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    patient: bool = False
    """Whether the loss of the server is expected, which a browser complains of."""

    def __post_init__(self) -> None:
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.complain(str(error)))
        self.page.on("request", lambda request: self.asked(request.url))
        self.page.on("websocket", lambda socket: self.asked(socket.url))

    def heard(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complain(f"{said.text} {said.location.get('url', '')}")

    def complain(self, words: str) -> None:
        if not (self.patient and ("WebSocket" in words or "ERR_CONNECTION" in words)):
            self.complaints.append(words)

    def asked(self, url: str) -> None:
        place = urlsplit(url)
        if place.scheme not in ("data", "blob") and place.netloc != f"127.0.0.1:{self.server.port}":
            self.strangers.append(url)

    def log_in(self, user: str, path: str = "/") -> "Visit":
        """With the log-in that the user has already."""
        name, _, value = self.server.log_in(user).partition("=")
        self.page.context.add_cookies([{"name": name, "value": value, "url": self.server.url}])
        self.page.goto(f"{self.server.url}{path}")
        return self

    def log_in_by_form(self, user: str, path: str = "/") -> "Visit":
        """Through the form, led on to where one wanted to go."""
        self.page.goto(f"{self.server.url}{path}")
        self.page.get_by_label("User name").fill(user)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(lambda url: "/login/" not in url)
        return self

    def live(self) -> "Visit":
        self.page.wait_for_selector('#live:is([data-state="live"], [data-state="still"])')
        return self

    def shown(self, chart: str) -> float:
        """The sum of what a chart draws."""
        found: float = self.page.evaluate(SHOWN, chart)
        return found

    def moved(self, chart: str, before: float) -> None:
        self.page.wait_for_function(f"([id, before]) => ({SHOWN})(id) > before + 0.5", arg=[chart, before])

    def tile(self, name: str) -> str:
        return self.page.locator(f'[data-tile="{name}"] .value').inner_text()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[Server], Visit]]:
    """Opens a tab; afterwards no tab may have complained, nor asked a stranger."""
    made: list[Visit] = []

    def open_tab(server: Server) -> Visit:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(90_000)
        made.append(Visit(server, context.new_page()))
        return made[-1]

    yield open_tab
    for one in made:
        one.page.context.close()
        assert one.complaints == []
        assert one.strangers == []


Open = Callable[[Server], Visit]


def test_staff_log_in_and_the_overview_opens(server: Server, visit: Open) -> None:
    server.take(talk("opened", "alice", 60))  # among the eight that said most, whatever other tests sent
    tab = visit(server).log_in_by_form("bob").live()
    assert tab.page.get_by_role("heading", name="Overview").is_visible()
    assert not tab.page.locator("#onboarding").is_visible()
    for chart in ("response", "messages", "tokens", "sessions", "errors"):
        tab.page.wait_for_selector(f"#chart-{chart}:not([data-state])")
    assert tab.page.locator("#chart-messages .plot svg").first.is_visible()
    tab.page.locator("#most").get_by_role("link", name="opened").wait_for()


def test_an_event_moves_a_chart_and_a_tile_without_a_reload(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("moving", "alice", 1))
    tab = visit(server).log_in("bob").live()
    tab.page.wait_for_function(f"() => ({SHOWN})('messages') > 1.5")
    tab.page.evaluate("window.stays = true")
    messages, tokens, tile = tab.shown("messages"), tab.shown("tokens"), tab.tile("messages")
    server.take(talk("moving-2", "alice", 3))
    tab.moved("messages", messages)
    tab.moved("tokens", tokens)
    until(lambda: tab.tile("messages") != tile)
    assert tab.shown("messages") == pytest.approx(messages + 6)
    assert tab.page.evaluate("window.stays")


def test_after_a_restart_of_the_server_the_page_heals_by_itself(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    server.take(talk("healing", "alice", 1))
    tab = visit(server).log_in("bob").live()
    tab.page.wait_for_function(f"() => ({SHOWN})('messages') > 1.5")
    tab.page.evaluate("window.stays = true")
    tab.patient = True
    server.stop()
    tab.page.wait_for_selector('#live[data-state="reconnecting"]')
    tab.page.wait_for_selector("#lost:not([hidden])")
    server.start()
    server.take(talk("healing-2", "alice", 2))
    tab.page.wait_for_selector('#live:is([data-state="live"], [data-state="still"])')
    tab.page.wait_for_selector("#lost", state="hidden")
    tab.moved("messages", 4)
    assert tab.shown("messages") == pytest.approx(6)
    assert tab.page.evaluate("window.stays"), "it was not loaded again"


def test_an_empty_dashboard_teaches_and_its_command_works(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    tab = visit(server).log_in("dora").live()
    tab.page.evaluate("window.stays = true")
    command = tab.page.locator("#onboarding-curl").inner_text()
    assert command.startswith("curl ")
    assert tab.page.get_by_role("button", name="Start the demonstration").is_visible()
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=20)
    assert '"accepted":2' in done.stdout, done.stdout + done.stderr
    tab.page.wait_for_selector("#onboarding", state="hidden")
    tab.page.wait_for_selector("#board", state="visible")
    tab.moved("messages", 0)
    assert tab.page.evaluate("window.stays")
    tab.page.reload()
    tab.live()
    assert not tab.page.locator("#onboarding").is_visible()
    assert server.said["ingest_key"] not in tab.page.content(), "the key is shown only while nothing has come"


def test_the_button_starts_the_demonstration(fresh: Fresh, visit: Open) -> None:
    server = fresh()
    tab = visit(server).log_in("bob").live()
    tab.page.get_by_role("button", name="Start the demonstration").click()
    tab.page.wait_for_selector("#board", state="visible", timeout=90_000)
    tab.page.wait_for_function(f"() => ({SHOWN})('messages') > 0", timeout=90_000)
    assert not tab.page.locator("#onboarding").is_visible()


def test_an_owner_sees_only_what_is_theirs(server: Server, visit: Open) -> None:
    server.take(talk("own-alice", "alice") + talk("own-charlie", "charlie"))
    alice = visit(server).log_in("alice")
    alice.page.wait_for_url("**/mine/")
    assert alice.page.locator('a[href="/"], a[href="/sessions/"], a[href="/admin/"]').count() == 0
    assert alice.page.get_by_role("link", name="own-charlie").count() == 0
    alice.page.get_by_role("link", name="own-alice").click()
    alice.live()
    alice.page.wait_for_selector("#figures dd")
    charlie = visit(server).log_in("charlie")
    answer = charlie.page.goto(f"{server.url}/sessions/own-alice/")
    assert answer is not None
    assert answer.status == 404
    charlie.complaints.clear()
    answer = charlie.page.goto(f"{server.url}/sessions/")
    assert answer is not None
    assert answer.status == 403
    charlie.complaints.clear()


def test_a_session_s_page_follows_its_messages(server: Server, visit: Open) -> None:
    server.take(talk("page-of-a-session/1", "alice"))
    tab = visit(server).log_in("alice", "/sessions/page-of-a-session%2F1/").live()
    tab.page.wait_for_selector("#messages tbody tr")
    rows = tab.page.locator("#messages tbody tr")
    until(lambda: rows.count() == 4)
    assert "4" in tab.page.locator("#figures").inner_text()
    server.take([message("page-of-a-session/1", "fifth", "user", status="failed", error="upstream_broken")])
    until(lambda: rows.count() == 5)
    assert "upstream_broken" in tab.page.locator("#messages").inner_text()


def test_another_range_is_drawn_and_stands_in_the_address(server: Server, visit: Open) -> None:
    tab = visit(server).log_in("bob").live()
    tab.page.get_by_role("button", name="24 h").click()
    tab.page.wait_for_selector('.one-range[data-range="24h"][aria-pressed="true"]')
    assert "range=24h" in tab.page.url
    tab.page.reload()
    tab.live()
    assert tab.page.locator('.one-range[data-range="24h"]').get_attribute("aria-pressed") == "true"


def test_a_log_in_that_ends_leads_to_the_log_in(server: Server, visit: Open) -> None:
    tab = visit(server).log_in_by_form("bob").live()
    cookie = next(one for one in tab.page.context.cookies() if one["name"] == "sessionid")["value"]
    token = "a" * 32
    headers = {"Cookie": f"sessionid={cookie}; csrftoken={token}", "X-CSRFToken": token}
    assert server.call("POST", "/logout/", b"", headers).status == 302
    tab.page.wait_for_url("**/login/?next=**")


@pytest.mark.parametrize("path", ["/sessions/", "/mine/", "/login/", "/admin/", "/admin/people/user/"])
def test_other_pages_open_without_a_complaint(server: Server, visit: Open, path: str) -> None:
    tab = visit(server).log_in("dora", "/mine/")
    answer: Any = tab.page.goto(f"{server.url}{path}")
    tab.page.wait_for_load_state("networkidle")
    assert answer.status == 200


def test_the_api_s_pages_are_readable_without_another_host(server: Server, visit: Open) -> None:
    tab = visit(server).log_in("bob", "/mine/")
    tab.page.goto(f"{server.url}/api/v1/docs")
    tab.page.wait_for_load_state("networkidle")
    tab.page.get_by_text("/api/v1/sessions/{session_id}/statistics").first.wait_for()
