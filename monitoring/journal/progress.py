"""The verification of the whole journal, and the lag of stages behind it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, takewhile
from time import time
from typing import Any

from monitoring.journal.checkpoints import Checkpoint, checkpoints
from monitoring.journal.lag import StageLag
from monitoring.journal.models import Entry, Head
from monitoring.journal.store import received_after, rows, size
from monitoring.journal.verify import Verdict, verify

STALLED_SECONDS = 15.0
"""Seconds without an advance, with unread entries, after which a stage is reported as stalled."""


def verify_journal() -> Verdict:
    """Verifies the entries up to the head at the time of the call. Entries that are appended meanwhile are not read."""
    head = Head.objects.filter(key=1).first() or Head()
    counted = takewhile(lambda row: row["position"] <= head.size, rows())
    return verify(chain(counted, _uncounted(head.size)), head.size, bytes(head.edge))


def _uncounted(position: int) -> Iterator[Mapping[str, Any]]:
    """Yields the first entry after `position`, unless the head has moved meanwhile: such an entry is new and
    valid."""
    entries = list(Entry.objects.filter(position__gt=position).order_by("position").values()[:1])
    if entries and size() == position:
        yield from entries


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
