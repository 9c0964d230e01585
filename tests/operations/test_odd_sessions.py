"""Sessions that cannot be checked: one costs itself alone, a fault that all share ends the check."""

from collections.abc import Callable, Sequence

import pytest

from monitoring.operations import check, reader
from monitoring.operations.difference import Difference
from monitoring.stats.session import Session

pytestmark = pytest.mark.django_db
SESSIONS = range(1, 101)
Fail = Callable[[Callable[[int], bool]], list[Sequence[int]]]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Have sessions fail that are odd; what was asked for is told."""

    def failing(is_odd: Callable[[int], bool]) -> list[Sequence[int]]:
        asked: list[Sequence[int]] = []

        def sessions(keys: Sequence[int]) -> list[Session]:
            asked.append(keys)
            if any(map(is_odd, keys)):
                raise ValueError("odd")
            return []

        monkeypatch.setattr(reader, "keys_after", lambda key: [one for one in SESSIONS if one > key])
        monkeypatch.setattr(reader, "sessions", sessions)
        return asked

    return failing


def tracebacks(caplog: pytest.LogCaptureFixture) -> int:
    return sum(bool(record.exc_info) for record in caplog.records)


def test_a_fault_that_all_sessions_share_ends_the_check_with_one_traceback(
    fail: Fail, caplog: pytest.LogCaptureFixture
) -> None:
    asked = fail(lambda key: True)
    with pytest.raises(check.CheckFailed, match="20 sessions in a row cannot be checked, ValueError: odd"):
        check.Check(None, "", lambda difference: None, lambda sessions: True).run()
    assert (len(asked), tracebacks(caplog)) == (1 + check.MAX_CONSECUTIVE_FAILURES, 1)


def test_odd_sessions_between_others_are_counted_after_one_traceback(
    fail: Fail, caplog: pytest.LogCaptureFixture
) -> None:
    fail(lambda key: key % 2 == 0)
    said: list[Difference] = []
    check.Check(None, "", said.append, lambda sessions: True).run()
    assert (len(said), tracebacks(caplog)) == (len(SESSIONS) // 2, 1)
    assert caplog.records[-1].getMessage() == "50 sessions cannot be checked: ValueError"
