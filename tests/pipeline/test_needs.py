"""A stage that needs another one never runs ahead of it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time

import pytest
from running import message

from monitoring.events.envelope import Event, parse_all
from monitoring.events.record import Record
from monitoring.journal import stages as registry
from monitoring.journal.checkpoints import checkpoints
from monitoring.journal.progress import watermark
from monitoring.journal.stages import register, stage_names, stages
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit


@dataclass
class Follows:
    """Remembers which entries it was given."""

    name: str = "follows"
    needs: Sequence[str] = ("stats",)
    types: None = None
    origins: bool = False
    parts: int = 1
    seen: list[int] = field(default_factory=list)

    def part_of(self, record: Record) -> int:
        return 0

    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
        self.seen += [record.position for record in batch]
        return lambda: None, frozenset({0})

    def clear(self) -> None:
        self.seen.clear()


def written(name: str, number: int) -> None:
    raws = [json.dumps(message(name, f"{name}-{n}", "user")).encode() for n in range(number)]
    commit([one for one in parse_all(raws, datetime.now(UTC)) if isinstance(one, Event)])


@pytest.mark.django_db
def test_it_waits_where_the_other_one_is() -> None:
    stats, follows = stages()[0], Follows()
    written("needs", 6)
    assert not advance(follows), "the statistics have read nothing"
    assert advance(stats, limit=4)
    assert advance(follows)
    assert follows.seen == [1, 2, 3, 4]
    assert not advance(follows)
    assert advance(stats)
    assert advance(follows, limit=1)
    assert follows.seen == [1, 2, 3, 4, 5]
    assert checkpoints(["follows"])["follows"].position == 5


@pytest.mark.django_db
def test_the_watermark_is_when_the_first_entry_that_waits_was_received() -> None:
    now = time()
    assert watermark("stats", now) == int(now * 1e6), "nothing waits"
    written("watermark", 3)
    first = watermark("stats", now + 100)
    assert first < (now + 10) * 1e6
    while advance(stages()[0]):
        pass
    assert watermark("stats", now + 100) == int((now + 100) * 1e6)


def test_none_is_registered_before_those_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_stages", {})
    with pytest.raises(ValueError, match="follows needs stats"):
        register(Follows())
    with pytest.raises(ValueError, match="follows needs follows"):
        register(Follows(needs=("follows",)))
    assert stage_names() == ()


def test_every_stage_is_registered() -> None:
    assert stage_names() == ("stats", "security")
