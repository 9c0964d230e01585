"""Leases: exclusive rights with an expiry, acquired by compare-and-set; and locks, which last for a transaction.

A lease's `term` grows with each new holder, so that what a former holder writes can be refused (a fencing token). A
holder's name ends with the token of its process: the leases of a process of this host that has ended are void.
"""

from time import time

from django.db.models import F

from monitoring.db.process_token import is_process_gone
from monitoring.db.transactions import transactional
from monitoring.journal.models import Lease

WORKER = "worker "
"""The prefix of the names of the leases that pipeline workers renew while they run."""


@transactional
def take_lease(name: str, holder: str, seconds: float) -> int:
    """Acquires or renews a lease for `seconds`. Returns its term, or 0 if another holder has it. Of several concurrent
    callers one succeeds. A renewal keeps the term."""
    now = int(time() * 1e6)
    lease = Lease.objects.get_or_create(name=name, defaults={"holder": ""})[0]
    is_holder = lease.holder == holder
    if not is_holder and lease.expires > now and not _is_gone(lease.holder):
        return 0
    term = lease.term if is_holder else lease.term + 1
    unchanged = Lease.objects.filter(name=name, holder=lease.holder, term=lease.term, expires=lease.expires)
    return term if unchanged.update(holder=holder, term=term, expires=now + int(seconds * 1e6)) else 0


@transactional
def drop_lease(name: str, holder: str) -> None:
    """Releases a lease before it expires."""
    Lease.objects.filter(name=name, holder=holder).update(expires=0)


def holds(name: str, holder: str) -> bool:
    """Returns whether this holder has a lease now."""
    is_valid = Lease.objects.filter(name=name, holder=holder, expires__gt=int(time() * 1e6)).exists()
    return is_valid and not _is_gone(holder)


def _is_gone(holder: str) -> bool:
    return is_process_gone(holder.rpartition(" ")[2])


def lock(name: str) -> None:
    """Waits for the lock of this name, and holds it until the end of the current transaction."""
    row = Lease.objects.filter(name=f"lock {name}")
    while not row.update(term=F("term") + 1):
        Lease.objects.get_or_create(name=f"lock {name}")


def living_workers() -> list[str]:
    """Returns the process tokens of the workers that share the stages, in order; none if a single worker has all of
    them without a lease. A worker of this host whose process has ended is left out before its lease expires."""
    leases = Lease.objects.filter(name__startswith=WORKER, expires__gt=int(time() * 1e6)).order_by("holder")
    return [holder for holder in leases.values_list("holder", flat=True) if not is_process_gone(holder)]


@transactional
def forget_workers() -> None:
    """Deletes the leases of workers that have ended."""
    Lease.objects.filter(name__startswith=WORKER, expires__lte=int(time() * 1e6)).delete()
