"""The follower's own side: the journal, its place and lease, and the names behind documents' keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.db.process_token import process_token
from monitoring.db.transactions import reconnect_on_error, transactional
from monitoring.events.envelope import Event
from monitoring.ingest.http.wiring import the_ignored_counters
from monitoring.ingest.models import ForeignName
from monitoring.ingest.source_state import FOLLOWER, STATUS, hash63, recall, remember
from monitoring.journal.leases import drop_lease, take_lease
from monitoring.people.store import opaque, plain
from monitoring.recording.record import commit, kept_id

LEASE = 8.0
"""Seconds after which another follower takes over from one that says nothing."""


class OurSide:
    """The FollowerStore on our database."""

    def __init__(self, mark: str, process: int) -> None:
        """`mark` stands for the database that is followed. `process` stands for us on this host: what is started again
        in our place goes on under our lease."""
        self._mark, self._place, self._holder = mark, f"{FOLLOWER} {mark}", process_token(process)

    def commit(self, events: Sequence[Event]) -> int:
        return sum(commit(events)[0])

    @reconnect_on_error
    def recall(self) -> dict[str, Any]:
        place = recall(self._place, dict[str, Any]) or {}
        return place | {"open": plain(None, place["open"]) or place["open"]} if place else place

    @reconnect_on_error
    def remember(self, place: Mapping[str, Any], term: int) -> bool:
        """The answers that are pending have ids in clear, by which they are asked for again: nobody else reads them."""
        return remember(self._place, dict(place) | {"open": opaque(None, place["open"])}, term)

    @reconnect_on_error
    def lease(self) -> int:
        return take_lease(FOLLOWER, self._holder, LEASE)

    @reconnect_on_error
    def release(self) -> None:
        drop_lease(FOLLOWER, self._holder)

    @reconnect_on_error
    def report(self, status: Mapping[str, Any], term: int) -> None:
        remember(STATUS, status, term)

    def see(self, counts: Mapping[tuple[str, str], int]) -> None:
        the_ignored_counters().count(FOLLOWER, counts)

    @reconnect_on_error
    @transactional
    def meet(self, names: Mapping[bytes, str]) -> None:
        rows = {
            self._key(oid): ForeignName(key=self._key(oid), place=self._mark, oid=oid, name=kept_id(name))
            for oid, name in names.items()
        }
        there = set(ForeignName.objects.filter(key__in=list(rows)).values_list("key", flat=True))
        ForeignName.objects.bulk_create([row for key, row in rows.items() if key not in there])

    @reconnect_on_error
    def names(self, oids: Sequence[bytes]) -> dict[bytes, str]:
        found = ForeignName.objects.filter(key__in=[self._key(oid) for oid in oids])
        return {bytes(row.oid): row.name for row in found}

    @reconnect_on_error
    @transactional
    def part(self, oids: Sequence[bytes]) -> None:
        ForeignName.objects.filter(key__in=[self._key(oid) for oid in oids]).delete()

    @reconnect_on_error
    def known(self, after: int, limit: int) -> tuple[list[bytes], int]:
        rows = list(ForeignName.objects.filter(place=self._mark, key__gt=after).order_by("key")[:limit])
        return [bytes(row.oid) for row in rows], rows[-1].key if len(rows) == limit else 0

    def _key(self, oid: bytes) -> int:
        return hash63(self._place, oid.hex())
