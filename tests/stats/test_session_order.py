"""The order of a session's messages: by time, and at the same time by id."""

from monitoring.stats.session import Session


def session(at: int | None, id: str | None) -> Session:
    return Session(key=1, digest=b"d", session_id="s", last_at=at, last_id=id)


def test_a_session_without_messages_ends_before_any() -> None:
    assert session(None, None).last is None
    assert session(None, None).ends_before((0, ""))


def test_of_two_messages_at_the_same_time_the_greater_id_is_later() -> None:
    assert session(5, "b").ends_before((5, "c"))
    assert not session(5, "b").ends_before((5, "b"))
    assert not session(5, "b").ends_before((5, "a"))
    assert session(5, "b").ends_before((6, "a"))
    assert not session(5, "b").ends_before((4, "z"))


def test_the_last_message_is_named_with_its_time() -> None:
    last = session(5, "b").last
    assert last is not None
    assert last[:2] == (5, "b")
