"""The cursors of REST's pages: a time and an id, or a key."""

import pytest

from monitoring.api.cursors import event_cursor, message_cursor
from monitoring.stats.errors import Unclear


def test_a_cursor_of_messages_is_a_time_and_an_id_that_may_hold_dots() -> None:
    assert message_cursor("1764322200000000.m-1") == (1_764_322_200_000_000, "m-1")
    assert message_cursor("-5.a.b.c") == (-5, "a.b.c")


@pytest.mark.parametrize("before", ["", "5", "5.", ".m", "five.m", "5.m\0", f"{2**63}.m", "٥.m", "5 .m"])
def test_no_other_text_is_a_cursor_of_messages(before: str) -> None:
    with pytest.raises(Unclear, match="before"):
        message_cursor(before)


def test_a_cursor_of_events_is_a_key() -> None:
    assert event_cursor("42") == 42


@pytest.mark.parametrize("before", ["", "x", "4.2", "1" * 20])
def test_no_other_text_is_a_cursor_of_events(before: str) -> None:
    with pytest.raises(Unclear, match="before"):
        event_cursor(before)
