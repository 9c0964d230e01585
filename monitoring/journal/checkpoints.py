"""Checkpoints: the position up to which each partition of a stage has read the journal, changed by compare-and-set.

A stage's sessions are divided into partitions, each with its own checkpoint. A worker that changes rows of another
partition also increments that partition's version; a batch that was computed meanwhile then fails its compare-and-set,
and is computed again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
class Checkpoint:
    """The checkpoint of a stage. `position` is the lowest of its partitions, `at` the newest event time that one has
    read (µs). `version` changes with every change of the stage's rows. `moved` is the time (µs) of the last advance of
    the partition that is furthest behind."""

    position: int = 0
    at: int = 0
    version: int = 0
    moved: int = 0


def checkpoints(stages: Iterable[str]) -> dict[str, Checkpoint]:
    """Returns the checkpoint of each stage."""
    partitions = defaultdict[str, list[StageCheckpoint]](list)
    for row in StageCheckpoint.objects.all():
        partitions[row.stage.partition("/")[0]].append(row)
    return {stage: _of_stage(partitions[stage]) for stage in stages}


def _of_stage(partitions: Sequence[StageCheckpoint]) -> Checkpoint:
    if not partitions:
        return Checkpoint()
    position, moved = min((row.position, row.moved) for row in partitions)
    return Checkpoint(position, max(row.at for row in partitions), sum(row.version for row in partitions), moved)


def partitions(stage: str, number: int) -> list[StageCheckpoint]:
    """Returns the checkpoints of the stage's partitions. Creates those that do not exist."""
    names = [f"{stage}/{partition}" for partition in range(number)]
    rows = {row.stage: row for row in StageCheckpoint.objects.filter(stage__in=names)}
    return [rows.get(name) or StageCheckpoint.objects.get_or_create(stage=name)[0] for name in names]


def advance_checkpoint(old: Sequence[StageCheckpoint], position: int, at: int) -> bool:
    """Moves the partitions' checkpoints to `position`. Returns False if another worker changed one of them. Call it in
    the transaction that writes the rows."""
    return _unchanged(old).update(position=position, at=at, version=F("version") + 1, moved=_now()) == len(old)


def bump_version(old: Sequence[StageCheckpoint]) -> bool:
    """Increments the versions of partitions whose rows this transaction changes. Returns False if another worker
    changed one of them."""
    return not old or _unchanged(old).update(version=F("version") + 1) == len(old)


def reset(stage: str, position: int = 0) -> None:
    """Sets the stage's checkpoints back to `position`, or halts it (HALTED). Call it in the transaction that clears
    it."""
    rows = StageCheckpoint.objects.filter(stage__startswith=f"{stage}/")
    rows.update(position=position, at=0, version=F("version") + 1, moved=_now())


def _now() -> int:
    return int(time() * 1e6)


def _unchanged(old: Sequence[StageCheckpoint]) -> "QuerySet[StageCheckpoint]":
    return StageCheckpoint.objects.filter(reduce(or_, (Q(stage=row.stage, version=row.version) for row in old)))
