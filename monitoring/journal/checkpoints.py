"""Checkpoints: the position up to which each partition of a stage has read the journal, changed by compare-and-set.

A stage's sessions are divided into partitions, each with its own checkpoint. A worker that changes rows of another
partition also increments that partition's version (`turn`); a batch that was computed meanwhile then fails its
compare-and-set, and is computed again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from time import time

from django.db.models import F, Q, QuerySet

from monitoring.journal.models import StageCheckpoint

HALTED = -1
"""The position of a stage whose rows are being removed. A rebuild that was interrupted in this state must be
repeated."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The checkpoint of a partition: entries up to `position` are counted. `at` is the newest event time that it has
    read (µs). `turn` is the version of its rows."""

    number: int
    position: int = 0
    at: int = 0
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The checkpoint of a stage. `position` is the lowest of its partitions, `at` the newest event time that one has
    read (µs). `turn` is a version that changes with every change of the stage's rows. `moved` is the time (µs) of the
    last advance of the partition that is furthest behind."""

    position: int = 0
    at: int = 0
    turn: int = 0
    moved: int = 0


def checkpoints(stages: Iterable[str]) -> dict[str, Checkpoint]:
    """Returns the checkpoint of each stage."""
    by_stage = {stage: Checkpoint() for stage in stages}
    for stage in by_stage:
        rows = StageCheckpoint.objects.filter(stage__startswith=f"{stage}/")
        if partitions := list(rows.values_list("position", "at", "turn", "moved")):
            positions, times, versions, _ = zip(*partitions, strict=True)
            moved = min(moved for position, _, _, moved in partitions if position == min(positions))
            by_stage[stage] = Checkpoint(min(positions), max(times), sum(versions), moved)
    return by_stage


def reached(stage: str) -> int:
    """Returns the position that all partitions of the stage have reached."""
    return checkpoints([stage])[stage].position


def parts(stage: str, number: int) -> list[Partition]:
    """Returns the checkpoints of the stage's partitions. Creates those that do not exist."""
    names = [_name(stage, part) for part in range(number)]
    rows = {row.stage: row for row in StageCheckpoint.objects.filter(stage__in=names)}
    for name in names:
        if name not in rows:
            rows[name] = StageCheckpoint.objects.get_or_create(stage=name)[0]
    ordered = [rows[name] for name in names]
    return [Partition(part, row.position, row.at, row.turn) for part, row in enumerate(ordered)]


def advance_checkpoint(stage: str, old: Sequence[Partition], position: int, at: int) -> bool:
    """Moves the partitions' checkpoints to `position`. Returns False if another worker changed one of them. Call it in
    the transaction that writes the rows."""
    return _unchanged(stage, old).update(position=position, at=at, turn=F("turn") + 1, moved=_now()) == len(old)


def bump_version(stage: str, old: Sequence[Partition]) -> bool:
    """Increments the versions of partitions whose rows this transaction changes. Returns False if another worker
    changed one of them."""
    return not old or _unchanged(stage, old).update(turn=F("turn") + 1) == len(old)


def lock_stage(stage: str) -> None:
    """Locks the rows that all partitions of the stage share, until the end of this transaction."""
    lock = StageCheckpoint.objects.filter(stage=stage)
    while not lock.update(turn=F("turn") + 1):
        StageCheckpoint.objects.get_or_create(stage=stage)


def reset(stage: str, position: int = 0) -> None:
    """Sets the stage's checkpoints back to `position`, or halts it (HALTED). Call it in the transaction that clears
    it."""
    rows = StageCheckpoint.objects.filter(stage__startswith=f"{stage}/")
    rows.update(position=position, at=0, turn=F("turn") + 1, moved=_now())


def _now() -> int:
    return int(time() * 1e6)


def _unchanged(stage: str, old: Collection[Partition]) -> "QuerySet[StageCheckpoint]":
    unchanged = [Q(stage=_name(stage, part.number), position=part.position, turn=part.turn) for part in old]
    return StageCheckpoint.objects.filter(reduce(or_, unchanged))


def _name(stage: str, part: int) -> str:
    return f"{stage}/{part}"
