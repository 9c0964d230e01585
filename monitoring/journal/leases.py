"""Who alone may do something, and until when. Compare and set; whoever acts is told its term, which only grows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from time import time

from monitoring.db.transactions import transactional
from monitoring.journal.models import Lease


@transactional
def take_lease(name: str, holder: str, seconds: float) -> int:
    """The term under which `holder` alone may act for so long, or 0 while somebody else may. Of several who ask at once
    one gets it. Whoever holds it asks again in time, and keeps its term."""
    now = int(time() * 1e6)
    lease = Lease.objects.get_or_create(name=name, defaults={"holder": ""})[0]
    mine = lease.holder == holder
    if not mine and lease.until > now:
        return 0
    term = lease.term if mine else lease.term + 1
    unchanged = Lease.objects.filter(name=name, holder=lease.holder, term=lease.term, until=lease.until)
    taken = unchanged.update(holder=holder, term=term, until=now + int(seconds * 1e6))
    return term if taken else 0


@transactional
def drop_lease(name: str, holder: str) -> None:
    """Let the next one have it at once."""
    Lease.objects.filter(name=name, holder=holder).update(until=0)


WORKER = "worker "
"""What the lease is called by which a worker of the pipeline says that it lives."""


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds something, and for how many seconds more (negative: it is free)."""

    holder: str
    left: float


def held(names: Collection[str], prefix: str) -> dict[str, Held]:
    """The leases of these names, and those whose name begins with `prefix`."""
    now = time()
    rows = [*Lease.objects.filter(name__in=names), *Lease.objects.filter(name__startswith=prefix)]
    return {row.name: Held(row.holder, row.until / 1e6 - now) for row in rows}


def is_free(name: str, holder: str) -> bool:
    """Whether nobody else has it now."""
    others = Lease.objects.filter(name=name, until__gt=int(time() * 1e6)).exclude(holder=holder)
    return not others.exists()


def living_workers() -> int:
    """Workers that share the stages now; 0 where one has all, without leases."""
    return Lease.objects.filter(name__startswith=WORKER, until__gt=int(time() * 1e6)).count()


@transactional
def renew(names: Iterable[str], holder: str, seconds: float) -> None:
    """Keep what this holder still has; what somebody else took meanwhile stays theirs."""
    until = int((time() + seconds) * 1e6)
    Lease.objects.filter(name__in=list(names), holder=holder).update(until=until)


@transactional
def forget(names: Iterable[str]) -> None:
    """Remove leases that nobody needs any more."""
    Lease.objects.filter(name__in=list(names)).delete()
