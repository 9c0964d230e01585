"""The check that staff ask for on a page: who may, one at a time, what it says, and what it leaves."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from running import Server, talk, until

from monitoring.journal.leases import drop_lease, take_lease
from monitoring.operations import check_now
from monitoring.operations.check import StableSnapshot, stored_and_recounted
from monitoring.operations.check_job import LEASE_NAME
from monitoring.operations.check_now import CheckState, check_state, start_check
from monitoring.operations.figure_names import FIGURE_NAMES
from monitoring.operations.recount import Recount
from monitoring.stats.repository import SESSIONS
from monitoring.stats.session import Session

Fresh = Callable[..., Server]
ALL = "/operations/check/"


def done(server: Server, path: str) -> dict[str, Any]:
    """The state of a check once it has ended."""
    until(lambda: server.page(path, "bob").json["state"] != "running")
    found: dict[str, Any] = server.page(path, "bob").json
    return found


def test_staff_check_and_nobody_else(server: Server) -> None:
    server.take(talk("asked", "alice"))
    for path in (ALL, "/sessions/asked/check/"):
        for user in ("alice", "charlie"):
            assert server.page(path, user, "POST").status == 403
            assert server.page(path, user).status == 403
        assert server.page(path, None, "POST").status == 302
        cookie = {"Cookie": server.log_in("bob")}
        assert server.call("POST", path, b"", cookie).status == 403, "a POST needs its CSRF token"
    assert server.page("/sessions/no-such/check/", "bob", "POST").status == 404


def test_a_session_is_recalculated_and_its_wrong_figure_named(fresh: Fresh) -> None:
    server = fresh(CONSISTENCY_CHECK_HOURS="0")
    server.take(talk("right", "alice") + talk("wrong", "alice"))
    assert server.page("/sessions/right/check/", "bob").json is None
    assert server.page("/sessions/right/check/", "bob", "POST").status == 202
    found = done(server, "/sessions/right/check/")
    assert (found["state"], found["report"]["messages"], found["report"]["counts"]) == ("done", 4, {})
    server.tables.change("stats_session", {"total_tokens": 205}, session_id="wrong")
    assert server.page("/sessions/wrong/check/", "bob", "POST").status == 202
    found = done(server, "/sessions/wrong/check/")
    figures = {one["figure"]: (one["ours"], one["theirs"]) for one in found["report"]["differences"]}
    assert figures == {"total_tokens": (205, 200)}
    assert server.page("/sessions/right/check/", "bob").json is None, "another session's check is not told here"
    assert server.page("/api/v1/consistency", "bob").json["report"] is None, "one session is no check of all"


def test_a_check_of_all_is_kept_as_the_last_one(fresh: Fresh) -> None:
    server = fresh(CONSISTENCY_CHECK_HOURS="0")
    server.take(talk("one", "alice") + talk("other", "charlie"))
    assert server.page(ALL, "bob", "POST").status == 202
    found = done(server, ALL)
    assert (found["state"], found["total"], found["report"]["sessions"]) == ("done", 2, 2)
    assert server.page("/api/v1/consistency", "bob").json["report"]["sessions"] == 2


@pytest.mark.django_db
def test_one_runs_at_a_time_and_one_without_a_process_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_state(of_one=False) is None
    assert take_lease(LEASE_NAME, "another process", 60)
    assert not start_check(), "the check that is due by its time counts, too"
    check_now.remember(check_now._place(LEASE_NAME), CheckState("", "running", 5, 10, holder="another process"))
    assert check_state(of_one=False) == CheckState("", "running", 5, 10)
    drop_lease(LEASE_NAME, "another process")
    assert check_state(of_one=False) == CheckState("", "interrupted", 5, 10)
    assert take_lease(LEASE_NAME, "a check that is due by its time", 60)
    assert check_state(of_one=False) == CheckState("", "interrupted", 5, 10), "another check holds the lease now"


@pytest.mark.django_db
def test_a_check_whose_process_was_killed_is_interrupted_and_the_next_one_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lease of a process that was killed has not expired yet."""
    monkeypatch.setattr(check_now, "Thread", lambda target, args, **rest: Now(lambda: None))
    process = subprocess.Popen(["sleep", "60"])
    monkeypatch.setattr(check_now.os, "getpid", lambda: process.pid)
    assert start_check("a session")
    assert check_state(of_one=True) == CheckState("a session", "running", total=1)
    monkeypatch.undo()
    process.kill()
    process.wait()
    assert check_state(of_one=True) == CheckState("a session", "interrupted", total=1)
    monkeypatch.setattr(check_now, "Thread", lambda target, args, **rest: Now(lambda: None))
    assert start_check("a session")


@pytest.mark.django_db
def test_a_check_that_fails_says_so_and_frees_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(check_now, "_checked", fails)
    monkeypatch.setattr(check_now.connections, "close_all", lambda: None)
    monkeypatch.setattr(check_now, "Thread", lambda target, args, **rest: Now(lambda: target(*args)))
    assert start_check("a session")
    assert check_state(of_one=True) == CheckState("a session", "failed", total=1)
    assert start_check("a session"), "its place is free again"


@pytest.mark.django_db
def test_each_compared_figure_has_a_name_in_words() -> None:
    snapshot = StableSnapshot(Session(1, b"", "a"), dict.fromkeys(SESSIONS.derived), Recount())
    ours, _ = stored_and_recounted(snapshot)
    assert ours.keys() - FIGURE_NAMES.keys() == set()


class Now:
    """A thread that runs at once, in this one."""

    def __init__(self, start: Callable[[], None]) -> None:
        self.start = start
