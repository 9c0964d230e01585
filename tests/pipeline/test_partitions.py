"""Each partition has one worker, all workers have nearly as many, and the partitions of the dead are taken over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.db.process_token import process_token
from monitoring.journal import leases
from monitoring.journal.leases import WORKER, living_workers, take_lease
from monitoring.journal.models import Lease
from monitoring.pipeline import partitions
from monitoring.pipeline.partitions import Share, share_of

GONE = process_token(2**22 + 1)
"""A process that cannot be: Linux numbers them up to 2**22."""


@given(st.integers(1, 12), st.integers(1, 20))
def test_each_partition_has_one_worker_and_nobody_has_more_than_a_fair_share(workers: int, parts: int) -> None:
    names = [f"w{number:02}" for number in range(workers)]
    shares = [list(range(parts)[share_of(name, names)]) for name in names]
    assert sorted(number for share in shares for number in share) == list(range(parts))
    assert max(map(len, shares)) == -(-parts // workers)


def test_on_sqlite_one_worker_has_everything_without_a_lease() -> None:
    assert list(Share(is_shared=False).of(8)) == list(range(8))
    assert not Share(is_shared=True).of(8), "nothing before it is known who lives"


@pytest.mark.django_db
def test_workers_share_with_those_that_live(monkeypatch: pytest.MonkeyPatch) -> None:
    share = Share(is_shared=True)
    take_lease(f"{WORKER}{GONE}", GONE, 60)
    share.renew()
    assert list(share.of(8)) == list(range(8)), "a dead process of this host is no worker, whatever its lease says"
    take_lease(f"{WORKER}~far", "~far", 60)
    share.renew()
    assert (list(share.of(8)), list(share.of(1))) == ([0, 2, 4, 6], [0])
    take_lease(f"{WORKER} far", " far", 60)
    share.renew()
    assert (list(share.of(8)), list(share.of(1))) == ([1, 4, 7], [])
    monkeypatch.setattr(leases, "time", lambda: Lease.objects.get(holder="~far").expires / 1e6 + 1)
    share.renew()
    assert list(share.of(8)) == list(range(8)), "leases that expired"
    share.release()
    assert living_workers() == []


@pytest.mark.django_db
def test_a_new_worker_forgets_those_that_ended() -> None:
    take_lease(f"{WORKER}far", "far", -1)
    take_lease("another lease", "far", -1)
    Share(is_shared=True).renew()
    assert set(Lease.objects.values_list("name", flat=True)) == {"another lease", f"{WORKER}{living_workers()[0]}"}


@pytest.mark.django_db
def test_a_worker_whose_lease_is_deleted_while_it_renews_keeps_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    share = Share(is_shared=True)
    share.renew()
    monkeypatch.setattr(partitions, "take_lease", lambda name, holder, seconds: 0)
    Lease.objects.all().delete()
    share.renew()
    assert list(share.of(8)) == list(range(8))
