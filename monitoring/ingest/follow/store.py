"""The follower's part of sbdash's own database: the journal, its state, its lease, the session ids of documents. Every
call may block."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from monitoring.db.process_token import process_token
from monitoring.db.transactions import reconnect_on_error, transactional
from monitoring.events.envelope import Event
from monitoring.ingest.follow.follow_state import StoredState
from monitoring.ingest.follower_status import Status
from monitoring.ingest.http.wiring import the_ignored_counters
from monitoring.ingest.models import ForeignName
from monitoring.ingest.source_state import FOLLOWER, STATUS, hash63, recall, remember
from monitoring.journal.leases import drop_lease, take_lease
from monitoring.people.store import opaque, plain
from monitoring.recording.record import commit, kept_id

LEASE_SECONDS = 8.0
"""Seconds after which another follower takes over from one that does not renew its lease."""


class FollowerStore:
    """`database_hash` identifies the followed database. `process` identifies the follower on this host: a restarted one
    with the same id keeps the lease."""

    def __init__(self, database_hash: str, process: int) -> None:
        self._database_hash, self._name = database_hash, f"{FOLLOWER} {database_hash}"
        self._process = process_token(process)

    def commit(self, events: Sequence[Event]) -> int:
        """Appends events to the journal; they are on disk on return. Returns the number of new ones."""
        return sum(commit(events)[0])

    @reconnect_on_error
    def load_state(self) -> StoredState:
        state = recall(self._name, StoredState) or StoredState()
        return replace(state, open=plain(None, state.open) or state.open)

    @reconnect_on_error
    def save_state(self, state: StoredState, term: int) -> bool:
        """Encrypts the pending answers, because they hold ids in clear, which the follower needs to query them again.
        Returns False, and stores nothing, if the state was written under a later term."""
        return remember(self._name, replace(state, open=opaque(None, state.open)), term)

    @reconnect_on_error
    def lease(self) -> int:
        """Takes or renews the lease. Returns its term, 0 while another follower holds it."""
        return take_lease(FOLLOWER, self._process, LEASE_SECONDS)

    @reconnect_on_error
    def release(self) -> None:
        drop_lease(FOLLOWER, self._process)

    @reconnect_on_error
    def report(self, status: Status, term: int) -> None:
        remember(STATUS, status, term)

    def count(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Counts ignored input by (kind, name)."""
        the_ignored_counters().count(FOLLOWER, counts)

    @reconnect_on_error
    @transactional
    def add_sessions(self, session_ids: Mapping[bytes, str]) -> None:
        """Stores session ids by their documents' `_id` (as BSON)."""
        rows = {
            self._key(oid): ForeignName(key=self._key(oid), place=self._database_hash, oid=oid, name=kept_id(id))
            for oid, id in session_ids.items()
        }
        existing = set(ForeignName.objects.filter(key__in=list(rows)).values_list("key", flat=True))
        ForeignName.objects.bulk_create([row for key, row in rows.items() if key not in existing])

    @reconnect_on_error
    def session_ids(self, oids: Sequence[bytes]) -> dict[bytes, str]:
        rows = ForeignName.objects.filter(key__in=[self._key(oid) for oid in oids])
        return {bytes(row.oid): row.name for row in rows}

    @reconnect_on_error
    @transactional
    def forget_sessions(self, oids: Sequence[bytes]) -> None:
        ForeignName.objects.filter(key__in=[self._key(oid) for oid in oids]).delete()

    @reconnect_on_error
    def session_oids(self, after: int, limit: int) -> tuple[list[bytes], int]:
        """Returns the next page of stored `_id`s, and the `after` of the next page, 0 at the end."""
        rows = list(ForeignName.objects.filter(place=self._database_hash, key__gt=after).order_by("key")[:limit])
        return [bytes(row.oid) for row in rows], rows[-1].key if len(rows) == limit else 0

    def _key(self, oid: bytes) -> int:
        return hash63(self._name, oid.hex())
