"""Which parts of the stages are this worker's: all of them, or its share by leases."""

import os
from collections.abc import Collection, Mapping
from time import monotonic
from typing import Protocol

from monitoring.db.process_token import is_process_gone, process_token
from monitoring.journal.leases import WORKER, Held, drop_lease, forget, held, is_free, renew, take_lease
from monitoring.pipeline.fair_share import living, plans

LEASE, RENEW = 7.0, 1.0
"""Seconds for which a worker has its parts, and after which it asks again: a dead one's are taken after their sum."""
ALONE, BACK = " alone", 3.0
"""The lease of a worker that was overtaken, and the seconds for which the others stand back at most."""
FORGOTTEN = -60.0


class Parts(Protocol):
    """Which parts of a stage are this worker's."""

    def mine(self, stage: str) -> Collection[int]: ...
    def may(self, stage: str) -> bool: ...
    def overtaken(self, stage: str) -> None: ...
    def done(self, stage: str) -> None: ...
    def look(self) -> bool: ...
    def leave(self) -> None: ...


class AllPartitions:
    """Who works alone, on SQLite, has all parts, and needs no lease: a second one would only be overtaken."""

    def __init__(self, parts: Mapping[str, int]) -> None:
        self._parts = parts

    def mine(self, stage: str) -> Collection[int]:
        return range(self._parts[stage])

    def may(self, stage: str) -> bool:
        return True

    def overtaken(self, stage: str) -> None:
        """Nobody else waits for us."""

    def done(self, stage: str) -> None:
        """Nobody waits for this."""

    def look(self) -> bool:
        return False

    def leave(self) -> None:
        """There is nothing to give back."""


class LeasedPartitions:
    """A fair share of all parts, by leases. They keep workers out of each other's way; that a late one does no harm is
    the checkpoints' work."""

    def __init__(self, parts: Mapping[str, int]) -> None:
        self._stages = parts
        self._units = [f"{stage}/{part}" for stage, number in parts.items() for part in range(number)]
        self._me = process_token(os.getpid())
        self._mine: frozenset[str] = frozenset()
        self._alone: set[str] = set()
        self._looked = 0.0

    def mine(self, stage: str) -> Collection[int]:
        there = (unit.rpartition("/") for unit in sorted(self._mine))
        return [int(part) for name, _, part in there if name == stage]

    def may(self, stage: str) -> bool:
        """Whether nobody asks the others to stand back."""
        return is_free(f"{stage}{ALONE}", self._me)

    def overtaken(self, stage: str) -> None:
        """Ask the others to stand back for one batch: else whoever has the longer ones would always come too late."""
        if take_lease(f"{stage}{ALONE}", self._me, BACK):
            self._alone.add(stage)

    def done(self, stage: str) -> None:
        """A batch is written: the others may go on."""
        if stage in self._alone:
            self._alone.discard(stage)
            drop_lease(f"{stage}{ALONE}", self._me)

    def look(self) -> bool:
        """Renew what is held, give away what is too much, take what is free. True when that changed something."""
        if monotonic() - self._looked < RENEW:
            return False
        me, known = f"{WORKER}{self._me}", self._known()
        if me not in known:
            take_lease(me, self._me, LEASE)
        workers = [name for name in known if name.startswith(WORKER) and name != me]
        wish = plans(self._stages, known, self._me, living(known, workers) + 1)
        renew([*wish.keep, me], self._me, LEASE)
        for unit in wish.drop:
            drop_lease(unit, self._me)
        taken = [unit for unit in wish.take if take_lease(unit, self._me, LEASE)]
        if gone := [name for name in workers if known[name].left < FORGOTTEN]:
            forget(gone)
        before, self._mine, self._looked = self._mine, frozenset([*wish.keep, *taken]), monotonic()
        return before != self._mine

    def _known(self) -> dict[str, Held]:
        """Who holds what. What a dead process of this host held is free."""
        known = held(self._units, WORKER)
        for name, lease in known.items():
            if lease.left > 0 and is_process_gone(lease.holder):
                drop_lease(name, lease.holder)
                known[name] = Held(lease.holder, 0.0)
        return known

    def leave(self) -> None:
        """Let the others have everything at once."""
        for unit in [*self._mine, f"{WORKER}{self._me}"]:
            drop_lease(unit, self._me)
