"""Verification finds every change of the journal, and names the first bad position."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection
from running import talk

from monitoring.events.envelope import Event, parse_all
from monitoring.journal import store as journal
from monitoring.journal.merkle import EMPTY_ROOT, leaf_hash
from monitoring.journal.verify import Verdict, verify_journal
from monitoring.recording.record import commit

pytestmark = pytest.mark.django_db
SIZE = 40
Sql = Callable[..., None]


@pytest.fixture
def sql() -> Sql:
    """Returns a function that runs statements against a journal of 40 entries without its triggers."""
    raws = [json.dumps(one).encode() for one in talk("verified", "alice", SIZE // 2)]
    events = [one for one in parse_all(raws, datetime.now(UTC)) if isinstance(one, Event)]
    commit(events[:7])
    commit(events[7:])
    assert verify_journal() == Verdict(SIZE, verify_journal().root)

    def run(words: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(words, values)

    run("DROP TRIGGER journal_UPDATE")
    run("DROP TRIGGER journal_DELETE")
    return run


def bad() -> int | None:
    verdict = verify_journal()
    assert (verdict.bad is None) == (verdict.reason == "")
    return verdict.bad


def body(position: int) -> bytes:
    return dict(journal.read(0, SIZE).entries)[position]


def test_an_empty_journal_verifies() -> None:
    assert verify_journal() == Verdict(0, EMPTY_ROOT)


def test_an_edited_body_is_named(sql: Sql) -> None:
    edited = body(17).replace(b'"user"', b'"tool"')
    assert edited != body(17)
    sql("UPDATE journal_entry SET body = %s WHERE position = 17", edited)
    assert bad() == 17


def test_an_edited_body_with_a_new_hash_is_found_by_the_head(sql: Sql) -> None:
    edited = body(17).replace(b'"user"', b'"tool"')
    sql("UPDATE journal_entry SET body = %s, leaf = %s WHERE position = 17", edited, leaf_hash(edited))
    verdict = verify_journal()
    assert verdict.bad is not None
    assert verdict.bad <= 17


def test_an_edit_in_the_newest_part_is_named_within_that_part(sql: Sql) -> None:
    """The edge has a hash over entries 1 to 32 and another over 33 to 40."""
    edited = body(39).replace(b'"user"', b'"tool"')
    sql("UPDATE journal_entry SET body = %s, leaf = %s WHERE position = 39", edited, leaf_hash(edited))
    assert bad() == 33


@pytest.mark.parametrize(
    ("column", "value"),
    [("type", "vote"), ("at", 5), ("received", 5), ("digest", b"x" * 16), ("leaf", b"x" * 32), ("session", 5)],
)
def test_an_edited_column_is_named(sql: Sql, column: str, value: object) -> None:
    sql(f'UPDATE journal_entry SET "{column}" = %s WHERE position = 23', value)
    assert bad() == 23


@pytest.mark.parametrize("position", [1, 20, 39])
def test_a_missing_entry_is_named(sql: Sql, position: int) -> None:
    sql("DELETE FROM journal_entry WHERE position = %s", position)
    assert bad() == position


@pytest.mark.parametrize("first", [1, 37])
def test_a_cut_end_is_named_by_the_first_missing_position(sql: Sql, first: int) -> None:
    sql("DELETE FROM journal_entry WHERE position >= %s", first)
    assert bad() == first


def test_swapped_entries_are_named(sql: Sql) -> None:
    for old, new in [(11, 1000), (12, 11), (1000, 12)]:
        sql("UPDATE journal_entry SET position = %s WHERE position = %s", new, old)
    assert bad() is not None
    assert bad() <= 11  # type: ignore[operator]


def test_a_removed_entry_whose_gap_was_closed_is_found(sql: Sql) -> None:
    sql("DELETE FROM journal_entry WHERE position = 9")
    for position in range(10, SIZE + 1):
        sql("UPDATE journal_entry SET position = %s WHERE position = %s", position - 1, position)
    assert bad() is not None


def inserted(sql: Sql, position: int) -> None:
    text = body(1).replace(b'"verified-q0"', b'"forged"')
    columns = "position, digest, type, at, received, body, leaf"
    values = "%s, %s, type, at, received, %s, %s"
    words = f"INSERT INTO journal_entry ({columns}) SELECT {values} FROM journal_entry WHERE position = 1"
    sql(words, position, b"y" * 16, text, leaf_hash(text))


def test_an_entry_that_was_appended_by_hand_is_named(sql: Sql) -> None:
    inserted(sql, SIZE + 1)
    assert bad() == SIZE + 1


def test_an_entry_inserted_before_the_first_is_found(sql: Sql) -> None:
    inserted(sql, 0)
    assert bad() == 1


def test_an_entry_inserted_between_others_is_named(sql: Sql) -> None:
    for position in range(SIZE, 4, -1):
        sql("UPDATE journal_entry SET position = %s WHERE position = %s", position + 1, position)
    inserted(sql, 5)
    assert bad() is not None
    assert bad() <= 5  # type: ignore[operator]


def test_a_head_with_a_lower_size_is_found(sql: Sql) -> None:
    sql("UPDATE journal_head SET size = %s", SIZE - 1)
    assert bad() == SIZE


def test_a_head_with_a_higher_size_is_found(sql: Sql) -> None:
    sql("UPDATE journal_head SET size = %s", SIZE + 2)
    assert bad() == SIZE + 1


@pytest.mark.parametrize("edge", [b"", b"nonsense", (SIZE).to_bytes(8, "big") + b"z" * 64])
def test_a_changed_edge_is_found(sql: Sql, edge: bytes) -> None:
    sql("UPDATE journal_head SET edge = %s", edge)
    assert bad() == 1


def test_a_missing_head_is_found(sql: Sql) -> None:
    sql("DELETE FROM journal_head")
    assert bad() == 1


@pytest.mark.parametrize(
    ("change", "first", "reason"),
    [
        ("DELETE FROM journal_entry WHERE position >= 37", 37, "entries 37 to 40 at the end are missing"),
        ("UPDATE journal_head SET size = 39", 40, "the head counts only 39 entries"),
        ("UPDATE journal_entry SET type = 'vote' WHERE position = 23", 23, "column type does not match the body"),
        ("UPDATE journal_entry SET at = 5 WHERE position = 23", 23, "column at does not match the body"),
        ("UPDATE journal_entry SET session = 5 WHERE position = 23", 23, "column session does not match the body"),
        ("UPDATE journal_entry SET digest = X'78' WHERE position = 23", 23, "column digest does not match the body"),
        ("UPDATE journal_entry SET leaf = X'78' WHERE position = 23", 23, "the body does not match its leaf hash"),
        ("UPDATE journal_head SET edge = X'6e6f'", 1, "the tree does not match the head"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(sql: Sql, change: str, first: int, reason: str) -> None:
    sql(change)
    verdict = verify_journal()
    assert (verdict.bad, verdict.reason) == (first, reason)
