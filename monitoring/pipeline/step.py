"""Applies a stage's next batch when one is due, and chooses its size."""

from random import random
from time import monotonic, sleep

from monitoring.db.transactions import async_commit, reconnect_on_error
from monitoring.journal import store as journal
from monitoring.journal.stages import Stage
from monitoring.messaging.wiring import the_notifier
from monitoring.pipeline.advance import BATCH_ENTRIES, CheckpointConflict, advance
from monitoring.pipeline.partitions import Share

MIN_BATCH_ENTRIES, MAX_BATCH_SECONDS = 50, 2.0
"""A batch that took longer halves the size of the next one, down to the minimum."""
REST_FROM_ENTRIES, REST_FACTOR, MAX_REST = 500, 4, 0.2
"""After a batch of 500 entries or more a stage works a quarter of the time, so that more entries gather: an entry costs
half as much in a batch of thousands. It rests 0.2 s at most, and not at all while a whole batch waits."""
MAX_CONFLICT_PAUSE = 0.05
"""Seconds: the longest pause after another worker has advanced the same partition."""
CHECKPOINT_INTERVAL = 5.0
"""Seconds after which a stage reads its checkpoint although the journal has not grown."""
MOVED = "stages"
"""Notification: a stage has advanced."""


class Step:
    """Applies one stage's next batch. While the journal does not grow a call costs one query; a checkpoint that was
    reset is noticed after CHECKPOINT_INTERVAL. Batches become shorter after conflicts and after long batches, so that a
    worker does not starve beside a faster one."""

    def __init__(self, stage: Stage, share: Share) -> None:
        self._stage, self._share = stage, share
        self._done, self._checked = (-1, range(0)), 0.0
        self._limit, self._ready = BATCH_ENTRIES, 0.0

    @reconnect_on_error
    def __call__(self) -> bool:
        """Returns True if there was a batch."""
        mine = self._share.of(self._stage.parts)
        size, now = journal.size(), monotonic()
        if not mine or ((size, mine) == self._done and now - self._checked < CHECKPOINT_INTERVAL):
            return False
        if now < self._ready:
            sleep(self._ready - now)
            now = monotonic()
        shorter, longer = max(MIN_BATCH_ENTRIES, self._limit // 2), min(BATCH_ENTRIES, self._limit * 2)
        async_commit()
        try:
            read = advance(self._stage, mine, self._limit)
        except CheckpointConflict:
            self._limit = shorter
            sleep(MAX_CONFLICT_PAUSE * random())  # noqa: S311  random, so that two workers do not conflict again
            return True
        took = monotonic() - now
        self._ready = now + rest(took) if REST_FROM_ENTRIES <= read < self._limit else 0.0
        self._limit = shorter if took > MAX_BATCH_SECONDS else longer
        self._done, self._checked = (-1 if read else size, mine), now
        if read:
            the_notifier().publish(MOVED)
        return read > 0


def rest(took: float) -> float:
    """Seconds from the start of a batch that took `took` seconds to the start of the next one."""
    return min(REST_FACTOR * took, max(took, MAX_REST))
