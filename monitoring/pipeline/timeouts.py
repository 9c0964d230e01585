"""Sessions that fell silent are ended by the clock: an entry like any other says so, and the statistics follow from it.

The event is named after the session and its last sign of life, so that several processes, and any repeat, say it once.
"""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic, sleep

from django.conf import settings

from monitoring.events import internal
from monitoring.events.envelope import Event, digest
from monitoring.events.record import CLOCK, clock_id
from monitoring.events.vocabulary import SessionEnded
from monitoring.journal.checkpoints import checkpoints
from monitoring.journal.progress import watermark
from monitoring.recording.record import commit
from monitoring.stats.reader import silent_sessions
from monitoring.stats.stage import Stats

AT_ONCE = 1_000
GRACE = 30
"""Seconds that a message may be on its way: a session is looked at so much later, and ended at its time still."""
PATIENCE, LOOK = 30.0, 0.1
"""Seconds for which the statistics are waited for between two batches, and between looks."""


def end_silent(now: float, stopping: Callable[[], bool] = lambda: False) -> int:
    """End the sessions of which nothing came for SESSION_TIMEOUT seconds (`now` in s since 1970). How many were."""
    timeout, ended = settings.SESSION_TIMEOUT * 1_000_000, 0
    while timeout and not stopping():
        silent = silent_sessions(watermark(Stats.name, now) - GRACE * 1_000_000 - timeout, AT_ONCE)
        if not silent:
            break
        new, position = commit(list(_ends(silent, timeout)))
        ended += sum(new)
        if len(silent) < AT_ONCE or not any(new) or not _follows(position, stopping):
            break
    return ended


def _ends(silent: Sequence[tuple[str, int]], timeout: int) -> Iterator[Event]:
    """Each session ends when its time is over, not when that was noticed."""
    for session, since in silent:
        name = clock_id(session, since)
        data = SessionEnded(session_id=session, reason="timeout")
        why, named = f"silent for SESSION_TIMEOUT={timeout // 1_000_000}", digest(CLOCK, name)
        yield Event(CLOCK, name, "session.ended", since + timeout, data, named, actor=internal.CLOCK, reason=why)


def _follows(position: int, stopping: Callable[[], bool]) -> bool:
    """Wait until the statistics know what was written."""
    began = monotonic()
    while monotonic() - began < PATIENCE and not stopping():
        if checkpoints([Stats.name])[Stats.name].position >= position:
            return True
        sleep(LOOK)
    return False
