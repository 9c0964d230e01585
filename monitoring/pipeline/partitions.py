"""Assigns partitions of the stages to this worker: all of them, or a fair share by leases."""

import os
from collections.abc import Collection, Mapping
from time import monotonic
from typing import Protocol

from monitoring.db.process_token import is_process_gone, process_token
from monitoring.journal.leases import WORKER, Held, drop_lease, forget, held, is_free, renew, take_lease
from monitoring.pipeline.fair_share import living, plans

LEASE_SECONDS, RENEW_INTERVAL = 7.0, 1.0
"""Seconds: a dead worker's partitions are taken over after at most the sum of both."""
EXCLUSIVE, EXCLUSIVE_SECONDS = " alone", 3.0
"""Suffix and duration of the lease with which a worker that had a conflict makes the others skip the stage."""
FORGET_AFTER = -60.0
"""Remaining seconds of a worker's lease below which its row is deleted."""


class Partitions(Protocol):
    """Which partitions of a stage this worker advances."""

    def mine(self, stage: str) -> Collection[int]: ...
    def may_advance(self, stage: str) -> bool: ...
    def on_conflict(self, stage: str) -> None: ...
    def on_commit(self, stage: str) -> None: ...
    def rebalance(self) -> bool: ...
    def release(self) -> None: ...


class AllPartitions:
    """On SQLite one worker has all partitions and needs no lease: a second worker would only cause conflicts."""

    def __init__(self, parts: Mapping[str, int]) -> None:
        self._parts = parts

    def mine(self, stage: str) -> Collection[int]:
        return range(self._parts[stage])

    def may_advance(self, stage: str) -> bool:
        return True

    def on_conflict(self, stage: str) -> None:
        """There is no other worker to hold off."""

    def on_commit(self, stage: str) -> None:
        """There is no lease to release."""

    def rebalance(self) -> bool:
        return False

    def release(self) -> None:
        """There is no lease to release."""


class LeasedPartitions:
    """A fair share of all partitions, by leases. Leases keep workers from doing the same work; checkpoints ensure that
    a worker whose lease has expired writes nothing."""

    def __init__(self, parts: Mapping[str, int]) -> None:
        self._stages = parts
        self._units = [f"{stage}/{part}" for stage, number in parts.items() for part in range(number)]
        self._me = process_token(os.getpid())
        self._mine: frozenset[str] = frozenset()
        self._exclusive: set[str] = set()
        self._rebalanced = 0.0

    def mine(self, stage: str) -> Collection[int]:
        held_units = (unit.rpartition("/") for unit in sorted(self._mine))
        return [int(part) for name, _, part in held_units if name == stage]

    def may_advance(self, stage: str) -> bool:
        """False while another worker holds the stage exclusively."""
        return is_free(f"{stage}{EXCLUSIVE}", self._me)

    def on_conflict(self, stage: str) -> None:
        """Hold the stage exclusively for one batch: otherwise the worker with the longer batches would always lose."""
        if take_lease(f"{stage}{EXCLUSIVE}", self._me, EXCLUSIVE_SECONDS):
            self._exclusive.add(stage)

    def on_commit(self, stage: str) -> None:
        """Release the stage if it is held exclusively."""
        if stage in self._exclusive:
            self._exclusive.discard(stage)
            drop_lease(f"{stage}{EXCLUSIVE}", self._me)

    def rebalance(self) -> bool:
        """Renew this worker's leases, release the excess, acquire free ones. Returns True if its share changed."""
        if monotonic() - self._rebalanced < RENEW_INTERVAL:
            return False
        me, known = f"{WORKER}{self._me}", self._known()
        if me not in known:
            take_lease(me, self._me, LEASE_SECONDS)
        workers = [name for name in known if name.startswith(WORKER) and name != me]
        plan = plans(self._stages, known, self._me, living(known, workers) + 1)
        renew([*plan.keep, me], self._me, LEASE_SECONDS)
        for unit in plan.drop:
            drop_lease(unit, self._me)
        taken = [unit for unit in plan.take if take_lease(unit, self._me, LEASE_SECONDS)]
        if gone := [name for name in workers if known[name].left < FORGET_AFTER]:
            forget(gone)
        before, self._mine, self._rebalanced = self._mine, frozenset([*plan.keep, *taken]), monotonic()
        return before != self._mine

    def _known(self) -> dict[str, Held]:
        """All leases by name. Those of a dead process of this host are free at once."""
        known = held(self._units, WORKER)
        for name, lease in known.items():
            if lease.left > 0 and is_process_gone(lease.holder):
                drop_lease(name, lease.holder)
                known[name] = Held(lease.holder, 0.0)
        return known

    def release(self) -> None:
        """Release all leases, so that other workers need not wait for their expiry."""
        for unit in [*self._mine, f"{WORKER}{self._me}"]:
            drop_lease(unit, self._me)
