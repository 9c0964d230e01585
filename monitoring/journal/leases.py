"""Leases: exclusive rights with an expiry, acquired by compare-and-set. A lease's term grows with each new holder."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from time import time

from monitoring.db.transactions import transactional
from monitoring.journal.models import Lease


@transactional
def take_lease(name: str, holder: str, seconds: float) -> int:
    """Acquires or renews a lease for `seconds`. Returns its term, or 0 if another holder has it. Of several concurrent
    callers one succeeds. A renewal keeps the term."""
    now = int(time() * 1e6)
    lease = Lease.objects.get_or_create(name=name, defaults={"holder": ""})[0]
    is_holder = lease.holder == holder
    if not is_holder and lease.until > now:
        return 0
    term = lease.term if is_holder else lease.term + 1
    unchanged = Lease.objects.filter(name=name, holder=lease.holder, term=lease.term, until=lease.until)
    updated = unchanged.update(holder=holder, term=term, until=now + int(seconds * 1e6))
    return term if updated else 0


@transactional
def drop_lease(name: str, holder: str) -> None:
    """Releases a lease before it expires."""
    Lease.objects.filter(name=name, holder=holder).update(until=0)


WORKER = "worker "
"""The prefix of the lease names that pipeline workers renew while they run."""


@dataclass(frozen=True, slots=True)
class Held:
    """The holder of a lease, and the seconds until it expires (negative: expired)."""

    holder: str
    left: float


def held(names: Collection[str], prefix: str) -> dict[str, Held]:
    """Returns the leases with these names, and those whose names begin with `prefix`."""
    now = time()
    rows = [*Lease.objects.filter(name__in=names), *Lease.objects.filter(name__startswith=prefix)]
    return {row.name: Held(row.holder, row.until / 1e6 - now) for row in rows}


def is_free(name: str, holder: str) -> bool:
    """True unless another holder has the lease."""
    others = Lease.objects.filter(name=name, until__gt=int(time() * 1e6)).exclude(holder=holder)
    return not others.exists()


def living_workers() -> int:
    """Returns the number of workers that share the stages; 0 if a single worker has all of them without leases."""
    return Lease.objects.filter(name__startswith=WORKER, until__gt=int(time() * 1e6)).count()


@transactional
def renew(names: Iterable[str], holder: str, seconds: float) -> None:
    """Renews those of the leases that `holder` still has."""
    until = int((time() + seconds) * 1e6)
    Lease.objects.filter(name__in=list(names), holder=holder).update(until=until)


@transactional
def forget(names: Iterable[str]) -> None:
    """Deletes leases that are no longer used."""
    Lease.objects.filter(name__in=list(names)).delete()
