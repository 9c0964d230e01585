"""What needs attention now, in a real browser: it comes, it goes, and "slower" has one answer on all pages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import test_browser
from running import Server, message, talk, until
from test_browser import Open, Visit

Fresh = Callable[..., Server]
browser, visit = test_browser.browser, test_browser.visit
SECONDS = 90.0
LATER = {"timeout": SECONDS * 1_000}


def answers(name: str, number: int, begin: datetime, wait: float = 2.0, **data: Any) -> list[dict[str, Any]]:
    """Questions of one session, one each minute, each answered after `wait` seconds."""
    made = []
    for turn in range(number):
        asked = begin + timedelta(minutes=turn)
        made.append(message(name, f"{name}-q{turn}", "user", asked))
        made.append(message(name, f"{name}-a{turn}", "assistant", asked + timedelta(seconds=wait), **data))
    return made


def titled(tab: Visit, pattern: str) -> None:
    until(lambda: re.fullmatch(pattern, tab.page.title()), SECONDS, f"{pattern}, not {tab.page.title()}")


def test_failing_answers_are_called_and_the_call_ends_with_them(fresh: Fresh, visit: Open) -> None:
    server, now = fresh(), datetime.now(UTC)
    server.take(talk("well", "alice", 1))
    tab = visit(server).log_in("bob").live()
    strip = tab.page.locator("#attention")
    titled(tab, "Overview · sbdash")
    until(lambda: strip.locator(".attention-head").inner_text() == "No problem known", SECONDS)
    height = tab.page.locator("#chart-response").bounding_box()
    broken = [message("bad", f"bad-{n}", "assistant", now - timedelta(seconds=n), status="failed") for n in range(30)]
    server.take(broken)
    titled(tab, r"\(1\) Overview · sbdash")
    said = strip.get_by_role("link", name="More than 5 % of the answers of the last 15 min failed").first
    assert said.get_attribute("href") == "/#chart-errors"
    until(lambda: "1 thing needs attention" in strip.get_by_role("status").inner_text(), SECONDS)
    assert tab.page.locator("#chart-response").bounding_box() == height, "nothing below the strip has moved"
    good = [message("good", f"good-{n}", "assistant", now - timedelta(seconds=n % 300)) for n in range(700)]
    server.take(good)
    titled(tab, "Overview · sbdash")
    until(lambda: strip.get_attribute("data-well") == "good", SECONDS)


def test_slower_has_one_answer_on_all_pages(fresh: Fresh, visit: Open) -> None:
    server, now = fresh(), datetime.now(UTC)
    server.take(answers("usual", 300, now - timedelta(hours=20)))
    server.take(answers("slow", 40, now - timedelta(minutes=41), wait=30.0))
    tab = visit(server).log_in("bob").live()
    said = (
        tab.page.locator("#attention").get_by_role("link", name="Answers are slower than in the 24 hours before").first
    )
    said.wait_for(**LATER)
    said.click()
    tab.page.wait_for_url("**/responses/#verdict")
    tab.live()
    tab.page.wait_for_selector('#verdict-word[data-state="slower"]', **LATER)
    for path, title in (("/usage/", "Usage"), ("/operations/", "Operations"), ("/sessions/slow/", "slow")):
        tab.page.goto(f"{server.url}{path}")
        titled(tab, rf"\([12]\) {title} · sbdash")


def test_owners_are_not_told(fresh: Fresh, visit: Open) -> None:
    server, now = fresh(), datetime.now(UTC)
    server.take(talk("mine", "alice"))
    server.take([message("bad", f"bad-{n}", "assistant", now, status="failed") for n in range(30)])
    heard: list[str] = []
    for user in ("alice", "charlie"):
        tab = visit(server)
        tab.page.on("websocket", lambda socket: socket.on("framereceived", lambda text: heard.append(str(text))))
        tab.log_in(user, "/mine/").live()
        assert tab.page.title() == "My sessions · sbdash"
        assert tab.page.locator("#attention").count() == 0
    until(lambda: len(heard) >= 2, SECONDS)
    assert not any('"attention"' in text for text in heard)
