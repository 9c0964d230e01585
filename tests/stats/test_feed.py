"""The stage on a database: batches, interruptions and a rebuild leave the same rows, in every table."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from running import STATISTICS, event, message

from monitoring.events.envelope import Event, parse_all
from monitoring.events.record import Record
from monitoring.ingest.store import commit
from monitoring.journal import store as journal
from monitoring.pipeline.flow import advance, rebuild
from monitoring.stats.feed import Stats
from monitoring.stats.tally import keeps

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
    journal.reset_checkpoint("stats")
    while True:
        try:
            if not advance(stage or Stats(), limit):
                return tables()
        except Interrupted:
            continue


class Interrupted(RuntimeError):
    pass


class Interrupting(Stats):
    """Every other batch is written, and then the light goes out before its transaction ends."""

    turn = 0

    def apply(self, batch: Sequence[Record]) -> Callable[[], None]:
        write = super().apply(batch)
        self.turn += 1

        def write_and_fall() -> None:
            write()
            if self.turn % 2:
                raise Interrupted

        return write_and_fall


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
    assert {width for width, _, _ in found} == {1, 10, 60, 3600}
    newest = max(end for _, _, end in found)
    assert all(start >= newest - keeps(90)[width] - 3600 for width, start, _ in found)
    assert min(start for width, start, _ in found if width == 1) >= NOW.timestamp() - 601


def test_the_checkpoint_moves_with_the_rows_or_not_at_all(written: int) -> None:
    Stats().clear()
    with pytest.raises(Interrupted):
        advance(Interrupting(), 100)
    assert journal.checkpoints(["stats"])["stats"].position == 0
    assert tables()["stats_session"] == []
