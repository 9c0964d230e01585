"""Shares the partitions of the stages among the workers that live: each has every n-th partition of each stage.

A lease says that a worker lives; it has no other right. A worker whose lease has expired still writes nothing over the
work of others: checkpoints are compared and set in the transaction of the rows.
"""

import os
from collections.abc import Sequence

from monitoring.db.process_token import process_token
from monitoring.journal.leases import WORKER, drop_lease, forget_workers, living_workers, take_lease

LEASE_SECONDS, RENEW_INTERVAL, MAX_RENEW_PAUSE = 7.0, 1.0, 2.0
"""Seconds: a dead worker's partitions are taken over after at most the sum of the first two. After failures a renewal
follows within the third, so that a short outage of the database costs no lease."""


def share_of(worker: str, living: Sequence[str]) -> slice:
    """Returns which partitions of any stage a worker has, one of those that live."""
    return slice(living.index(worker), None, len(living))


class Share:
    """This worker's partitions: on SQLite all of them, without a lease, since a second worker would only cause
    conflicts; elsewhere none until the first call of `renew`."""

    def __init__(self, is_shared: bool) -> None:
        self._me, self._name = process_token(os.getpid()), f"{WORKER}{process_token(os.getpid())}"
        self._own = slice(0, 0) if is_shared else slice(None)
        self._is_new = True

    def of(self, parts: int) -> range:
        """Returns the numbers of this worker's partitions of a stage that has `parts`."""
        return range(parts)[self._own]

    def renew(self) -> None:
        """Renew this worker's lease, and divide the partitions among the workers that live now. The share stays if
        another worker deletes the expired lease at this moment."""
        if self._is_new:
            forget_workers()
            self._is_new = False
        if take_lease(self._name, self._me, LEASE_SECONDS):
            self._own = share_of(self._me, living_workers())

    def release(self) -> None:
        """Release the lease, so that other workers need not wait for its expiry."""
        drop_lease(self._name, self._me)
