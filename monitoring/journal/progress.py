"""Questions about the journal as a whole."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, takewhile
from time import time
from typing import Any

from monitoring.journal.checkpoints import Checkpoint, checkpoints
from monitoring.journal.lag import StageLag
from monitoring.journal.models import Entry, Head
from monitoring.journal.store import received_after, rows, size
from monitoring.journal.verify import Verdict, verify

STALLED = 15.0
"""Seconds after which a stage that does not move, though entries wait, is called stalled."""


def verified() -> Verdict:
    """Verify what was there when this was called; entries that arrive meanwhile are left for the next time."""
    head = Head.objects.filter(key=1).first() or Head()
    there = takewhile(lambda row: row["position"] <= head.size, rows())
    return verify(chain(there, _beyond(head.size)), head.size, bytes(head.edge))


def _beyond(position: int) -> Iterator[Mapping[str, Any]]:
    """Entries that no head ever counted: read only when the head has not moved past them meanwhile."""
    found = list(Entry.objects.filter(position__gt=position).order_by("position").values()[:1])
    if found and size() == position:
        yield from found


def lags(stages: Iterable[str]) -> dict[str, StageLag]:
    head, found = size(), dict[str, StageLag]()
    for stage, checkpoint in checkpoints(stages).items():
        lag = lag_of(checkpoint, head)
        behind = max(0, head - checkpoint.position)
        still = min(lag, max(0.0, time() - checkpoint.moved / 1e6))
        found[stage] = StageLag(checkpoint.position, behind, lag, round(still, 3))
    return found


def watermark(stage: str, now: float) -> int:
    """The time until which a stage has folded all that was received, µs since 1970 UTC; `now` in s. A session without
    a message until then was silent, however far behind the stage is."""
    waiting, clock = received_after(checkpoints([stage])[stage].position), int(now * 1e6)
    return clock if waiting is None else min(clock, waiting)


def lag_of(checkpoint: Checkpoint, head: int) -> float:
    """For how many seconds a stage is behind the journal's head, to the millisecond."""
    waiting = received_after(checkpoint.position) if checkpoint.position < head else None
    return round(max(0.0, time() - waiting / 1e6), 3) if waiting else 0.0
