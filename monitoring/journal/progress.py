"""The lag of stages behind the journal."""

from collections.abc import Iterable
from time import time

from monitoring.journal.checkpoints import Checkpoint, checkpoints
from monitoring.journal.lag import StageLag
from monitoring.journal.store import received_after, size

STALLED_SECONDS = 15.0
"""Seconds without an advance, with unread entries, after which a stage is reported as stalled."""


def lags(stages: Iterable[str]) -> dict[str, StageLag]:
    """Returns the lag of each stage."""
    head, by_stage = size(), dict[str, StageLag]()
    for stage, checkpoint in checkpoints(stages).items():
        lag = lag_of(checkpoint, head)
        behind = max(0, head - checkpoint.position)
        stalled = min(lag, max(0.0, time() - checkpoint.moved / 1e6))
        by_stage[stage] = StageLag(checkpoint.position, behind, lag, round(stalled, 3))
    return by_stage


def watermark(stage: str, now: float) -> int:
    """Returns the time (µs since 1970 UTC) up to which the stage has read all received entries; `now` is in seconds. A
    session without a message up to this time was inactive, however far behind the stage is."""
    unread, clock = received_after(checkpoints([stage])[stage].position), int(now * 1e6)
    return clock if unread is None else min(clock, unread)


def lag_of(checkpoint: Checkpoint, head: int) -> float:
    """Returns the age of the oldest entry that the stage has not read, in seconds, rounded to ms."""
    unread = received_after(checkpoint.position) if checkpoint.position < head else None
    return round(max(0.0, time() - unread / 1e6), 3) if unread else 0.0
