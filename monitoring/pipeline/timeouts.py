"""Ends sessions without activity: records a `session.ended` event for each, from which the statistics follow.

The event's id is made of the session and the time of its last activity, so that several processes, or a repetition,
record it once.
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

MAX_BATCH_SESSIONS = 1_000
GRACE_SECONDS = 30
"""Allowance for messages that are still on their way: a session is ended this much later, with its due time."""
STATS_TIMEOUT, POLL_INTERVAL = 30.0, 0.1
"""Seconds to wait for the statistics between two batches, and between two polls."""


def end_silent(now: float, stopping: Callable[[], bool] = lambda: False) -> int:
    """End the sessions without activity for SESSION_TIMEOUT seconds. `now`: s since 1970. Returns how many it ended."""
    timeout, ended = settings.SESSION_TIMEOUT * 1_000_000, 0
    while timeout and not stopping():
        silent = silent_sessions(watermark(Stats.name, now) - GRACE_SECONDS * 1_000_000 - timeout, MAX_BATCH_SESSIONS)
        if not silent:
            break
        new, position = commit(list(_ends(silent, timeout)))
        ended += sum(new)
        if len(silent) < MAX_BATCH_SESSIONS or not any(new) or not _await_stats(position, stopping):
            break
    return ended


def _ends(silent: Sequence[tuple[str, int]], timeout: int) -> Iterator[Event]:
    """An event's time is when the timeout was over, not when that was noticed. `timeout` in µs."""
    for session, since in silent:
        name = clock_id(session, since)
        data = SessionEnded(session_id=session, reason="timeout")
        reason, name_digest = f"silent for SESSION_TIMEOUT={timeout // 1_000_000}", digest(CLOCK, name)
        yield Event(
            CLOCK, name, "session.ended", since + timeout, data, name_digest, actor=internal.CLOCK, reason=reason
        )


def _await_stats(position: int, stopping: Callable[[], bool]) -> bool:
    """Wait until the statistics have reached `position`. Returns False after STATS_TIMEOUT, or when stopping."""
    began = monotonic()
    while monotonic() - began < STATS_TIMEOUT and not stopping():
        if checkpoints([Stats.name])[Stats.name].position >= position:
            return True
        sleep(POLL_INTERVAL)
    return False
