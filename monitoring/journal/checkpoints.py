"""How far each stage has read, part by part, and who may say so: compare and set.

A stage's work may be shared by sessions: each part has a checkpoint of its own. Whoever changes rows of a part that is
not their own moves that part's `turn` as well, so that a batch which was counted meanwhile is counted again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from time import time

from django.db.models import F, Q, QuerySet

from monitoring.journal.models import StageCheckpoint

HALTED = -1
"""The position of a stage whose rows are being removed; a rebuild that was interrupted there is to be begun again."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One part's checkpoint: entries up to `position` are counted; `at` is the newest event time it has seen, µs."""

    number: int
    position: int = 0
    at: int = 0
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A stage's: what all its parts have reached, the newest event time that any has seen (µs), and a number that
    changes with every change of the stage's rows. `moved` is when the part that is furthest behind went on last, µs."""

    position: int = 0
    at: int = 0
    turn: int = 0
    moved: int = 0


def checkpoints(stages: Iterable[str]) -> dict[str, Checkpoint]:
    """How far each stage is."""
    wanted = {stage: Checkpoint() for stage in stages}
    for stage in wanted:
        rows = StageCheckpoint.objects.filter(stage__startswith=f"{stage}/")
        if found := list(rows.values_list("position", "at", "turn", "moved")):
            places, times, turns, _ = zip(*found, strict=True)
            last = min(moved for position, _, _, moved in found if position == min(places))
            wanted[stage] = Checkpoint(min(places), max(times), sum(turns), last)
    return wanted


def reached(stage: str) -> int:
    """The position that all its parts have reached."""
    return checkpoints([stage])[stage].position


def parts(stage: str, number: int) -> list[Partition]:
    """The checkpoint of each part, made where there is none yet."""
    names = [_name(stage, part) for part in range(number)]
    known = StageCheckpoint.objects.filter(stage__in=names)
    rows = {row.stage: row for row in known}
    for name in names:
        if name not in rows:
            rows[name] = StageCheckpoint.objects.get_or_create(stage=name)[0]
    found = [rows[name] for name in names]
    return [Partition(part, row.position, row.at, row.turn) for part, row in enumerate(found)]


def advance_checkpoint(stage: str, old: Sequence[Partition], position: int, at: int) -> bool:
    """Compare and set: False when another worker moved one of them. To be called in the transaction of the rows."""
    return _unmoved(stage, old).update(position=position, at=at, turn=F("turn") + 1, moved=_now()) == len(old)


def bump_version(stage: str, old: Sequence[Partition]) -> bool:
    """Say that rows of these parts are changed in this transaction. False when one has moved meanwhile."""
    return not old or _unmoved(stage, old).update(turn=F("turn") + 1) == len(old)


def lock_stage(stage: str) -> None:
    """From here to the end of this transaction nobody else writes what all parts of the stage share."""
    mine = StageCheckpoint.objects.filter(stage=stage)
    while not mine.update(turn=F("turn") + 1):
        StageCheckpoint.objects.get_or_create(stage=stage)


def reset(stage: str, position: int = 0) -> None:
    """Let a stage begin again, or halt it (HALTED). To be called in the transaction that clears it."""
    rows = StageCheckpoint.objects.filter(stage__startswith=f"{stage}/")
    rows.update(position=position, at=0, turn=F("turn") + 1, moved=_now())


def _now() -> int:
    return int(time() * 1e6)


def _unmoved(stage: str, old: Collection[Partition]) -> "QuerySet[StageCheckpoint]":
    same = [Q(stage=_name(stage, part.number), position=part.position, turn=part.turn) for part in old]
    return StageCheckpoint.objects.filter(reduce(or_, same))


def _name(stage: str, part: int) -> str:
    return f"{stage}/{part}"
