"""The stage on a database: batches, interruptions and a rebuild leave the same rows, in every table."""

import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from running import STATISTICS, event, message

from monitoring.db.transactions import write_transaction
from monitoring.events.envelope import Event, parse_all
from monitoring.events.record import Record
from monitoring.journal import checkpoints
from monitoring.journal import store as journal
from monitoring.pipeline.advance import CheckpointConflict, advance, rebuild
from monitoring.recording.record import commit
from monitoring.stats import metrics, models
from monitoring.stats.bucket import grouped, keeps
from monitoring.stats.reader import buckets
from monitoring.stats.repository import add_to_buckets
from monitoring.stats.stage import Stats

pytestmark = pytest.mark.django_db
Tables = dict[str, list[tuple[Any, ...]]]
NOW = datetime.now(UTC)


def story(seed: int, amount: int) -> Iterator[dict[str, Any]]:
    """Messages of thirty sessions over the last two hours, late, again, revised and moved; tokens before and after."""
    chance = random.Random(seed)
    for number in range(amount):
        session, id = f"s{chance.randrange(30)}", f"m{chance.randrange(amount // 2)}"
        at = NOW - timedelta(seconds=chance.choice([chance.uniform(0, 1200), chance.uniform(0, 7200)]))
        match chance.randrange(12):
            case 0:
                yield event("session.started", {"session_id": session, "user_id": f"u{number % 9}"}, at)
            case 1:
                reason = chance.choice(["closed", "timeout", "error"])
                yield event("session.ended", {"session_id": session, "reason": reason}, at)
            case 2:
                yield event("operation", {"operation": "search", "outcome": "failed", "session_id": session}, at)
            case 3:
                value = chance.choice(["up", "down", "none"])
                known = {"message_id": id, "session_id": session, "user_id": f"u{number % 9}", "value": value}
                yield event("vote", known, at)
            case 4 | 5:
                tokens = {"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42, "cost": 0.0001}
                model = chance.choice(["llama3.2", "qwen"])
                yield event("token_usage", {"message_id": id, "session_id": session, "model": model} | tokens, at)
            case _:
                role = chance.choice(["user", "assistant", "assistant", "system"])
                status = chance.choice(["completed", "completed", "pending", "failed"])
                done = (at + timedelta(seconds=chance.uniform(0, 40))).isoformat() if role == "assistant" else None
                done = done if done and done < NOW.isoformat() else None
                more = {"completed_at": done} if done else {}
                yield message(session, id, role, at, status=status, user_id=f"u{number % 9}", **more)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes may pass from the import of this file to its tests, and a second's bucket is kept no longer."""
    monkeypatch.setattr(sys.modules[__name__], "NOW", datetime.now(UTC))


@pytest.fixture
def written() -> int:
    """A journal with the story in it; its size."""
    raws = [json.dumps(one).encode() for one in story(11, 1_600)]
    events = [one for one in parse_all(raws, NOW) if isinstance(one, Event)]
    assert len(events) == len(raws)
    for start in range(0, len(events), 331):
        commit(events[start : start + 331])
    return journal.size()


def tables() -> Tables:
    found = {}
    with connection.cursor() as cursor:
        for name in STATISTICS:
            cursor.execute(f"SELECT * FROM {name} ORDER BY 1")
            found[name] = cursor.fetchall()
    return found


def folded(limit: int, stage: Stats | None = None) -> Tables:
    """Everything forgotten, and folded again in batches of `limit`."""
    Stats().clear()
    checkpoints.reset("stats")
    while True:
        try:
            if not advance(stage or Stats(), None, limit):
                return tables()
        except Interrupted:
            continue


class Interrupted(RuntimeError):
    pass


class Interrupting(Stats):
    """Every other batch is written, and then the light goes out before its transaction ends."""

    turn = 0

    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
        write, parts = super().apply(batch, received)
        self.turn += 1

        def write_and_fall() -> None:
            write()
            if self.turn % 2:
                raise Interrupted

        return write_and_fall, parts


def test_batches_of_500_and_of_37_and_an_interruption_leave_identical_tables(written: int) -> None:
    large = folded(500)
    assert all(large.values()), "a story that fills every table"
    for name, rows in folded(37).items():
        assert rows == large[name], name
    for name, rows in folded(37, Interrupting()).items():
        assert rows == large[name], name


def test_a_rebuild_leaves_the_tables_as_they_were(written: int) -> None:
    before, seen = folded(37), []
    assert rebuild(Stats(), lambda position, size: seen.append((position, size)), 400) == written
    assert seen[-1] == (written, written)
    assert tables() == before


def test_buckets_older_than_they_are_kept_for_are_forgotten(written: int) -> None:
    folded(500)
    with connection.cursor() as cursor:
        cursor.execute("SELECT width, min(start), max(start) FROM stats_bucket GROUP BY width")
        found = cursor.fetchall()
    assert {width for width, _, _ in found} == {1, 10, 60, 3600, 86_400}
    newest = max(end for _, _, end in found)
    assert all(start >= newest - keeps(90)[width] - 3600 for width, start, _ in found)
    assert min(start for width, start, _ in found if width == 1) >= NOW.timestamp() - 601


def test_the_checkpoint_moves_with_the_rows_or_not_at_all(written: int) -> None:
    Stats().clear()
    with pytest.raises(Interrupted):
        advance(Interrupting(), None, 100)
    assert checkpoints.checkpoints(["stats"])["stats"].position == 0
    assert tables()["stats_session"] == []


def shared(seed: int, workers: Sequence[frozenset[int]]) -> Tables:
    """Everything folded again by workers that have these parts, in any order, in batches of any size."""
    Stats().clear()
    checkpoints.reset("stats")
    chance, left = random.Random(seed), set(workers)
    while left:
        mine = chance.choice(sorted(left, key=sorted))
        if not advance(Stats(), mine, chance.choice([7, 60, 400])):
            left.discard(mine)
    return tables()


def without(names: Sequence[str], rows: list[tuple[Any, ...]], table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    kept = [place for place, name in enumerate(columns) if name not in names]
    return sorted((tuple(row[place] for place in kept) for row in rows), key=repr)


@pytest.mark.parametrize("seed", range(4))
def test_workers_that_share_the_parts_leave_the_same_figures(written: int, seed: int) -> None:
    """The story moves messages between sessions, and so between parts. What was counted earlier by another worker gets
    another key then (the position that named it first to this one), and what was undone is known to have changed; a
    bucket may be left in which nothing is left."""
    alone = folded(500)
    both = shared(seed, [frozenset({0, 2, 3, 7}), frozenset({1, 4}), frozenset({5, 6})])
    for table, names in (
        ("stats_session", ["position", "left_position"]),
        ("stats_message", ["key", "position", "partition"]),
        ("stats_vote", []),
    ):
        assert without(names, both[table], table) == without(names, alone[table], table)
    assert counted(both) == counted(alone)


def counted(found: Tables) -> dict[int, tuple[bytes, ...]]:
    rows = {row[0]: tuple(map(bytes, row[4:])) for row in found["stats_bucket"]}
    return {key: columns for key, columns in rows.items() if set(columns) != {b"{}"}}


def test_a_batch_of_another_part_that_changed_our_rows_overtakes_ours(written: int) -> None:
    """Counted, then another worker moves one of our messages into its session: ours must be counted again."""
    Stats().clear()
    checkpoints.reset("stats")

    class Overtaking(Stats):
        def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
            counted = super().apply(batch, received)
            checkpoints.bump_version([checkpoints.partitions("stats", self.parts)[3]])
            return counted

    with pytest.raises(CheckpointConflict):
        advance(Overtaking(), frozenset({3, 4}), 100)
    assert tables()["stats_session"] == []
    assert advance(Stats(), frozenset({3, 4}), 100)


def test_two_workers_that_name_the_same_message_first_at_the_same_time_count_it_once(written: int) -> None:
    """While one counts, the other writes; the later one is overtaken, by a row or by a part, and counts again."""
    alone = folded(500)
    Stats().clear()
    checkpoints.reset("stats")
    ours, theirs = frozenset({0, 2, 4, 6}), frozenset({1, 3, 5, 7})

    class Beside(Stats):
        def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
            counted = super().apply(batch, received)
            advance(Stats(), theirs, 100)
            return counted

    overtaken = 0
    while checkpoints.checkpoints(["stats"])["stats"].position < written:
        try:
            advance(Beside() if overtaken < 3 else Stats(), ours, 100)
        except CheckpointConflict:
            overtaken += 1
        advance(Stats(), theirs, 100)
    assert overtaken == 3
    kept = ["position", "left_position"]
    assert without(kept, tables()["stats_session"], "stats_session") == without(
        kept, alone["stats_session"], "stats_session"
    )


def test_a_stage_whose_rows_are_being_removed_is_halted(written: int) -> None:
    checkpoints.partitions("stats", 8)
    checkpoints.reset("stats", checkpoints.HALTED)
    assert not advance(Stats())
    checkpoints.reset("stats")
    assert advance(Stats())


def test_a_bucket_is_read_by_its_columns_and_a_column_that_does_not_change_is_kept_as_it_is() -> None:
    odd = 'odd "name",x'
    counts = {
        metrics.UNANSWERED.of(): 2, metrics.MODEL_RESPONSE_TIME.of(3, odd): 4, metrics.RESPONSE_TIME.of(3): 6,
        metrics.ERRORS.of("message"): 7,
    }  # fmt: skip
    with write_transaction():
        add_to_buckets({(60, 0): (5, grouped(counts))})
        models.Bucket.objects.update(by_model=b'{ "v": {"3:other": 1} }')
        add_to_buckets({(60, 0): (4, grouped({metrics.ERRORS.of("message"): -7, metrics.RESPONSE_TIME.of(3): 1}))})
    row = models.Bucket.objects.get()
    assert (row.position, bytes(row.by_model), bytes(row.by_operation)) == (5, b'{ "v": {"3:other": 1} }', b"{}")
    (plain,), (wanted,) = buckets(60, 0), buckets(60, 0, of=(metrics.RESPONSE_TIME,))
    assert plain.counts == grouped({metrics.UNANSWERED.of(): 2, metrics.RESPONSE_TIME.of(3): 7})
    assert wanted.counts == grouped({metrics.RESPONSE_TIME.of(3): 7})
