"""The interface between the follower and sbdash's database. Pure. Every call may block."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from monitoring.events.envelope import Event


class FollowerStore(Protocol):
    """Gives access to the journal, the follower's state, its lease, and the session ids of documents."""

    def commit(self, events: Sequence[Event]) -> int:
        """Appends events to the journal; they are on disk on return. Returns the number of new ones."""

    def load_state(self) -> dict[str, Any]:
        """Returns the stored state, empty if there is none."""

    def save_state(self, state: Mapping[str, Any], term: int) -> bool:
        """Stores the state. Returns False, and stores nothing, if it was written under a later term."""

    def lease(self) -> int:
        """Takes or renews the lease. Returns its term, 0 while another follower holds it."""

    def release(self) -> None:
        """Gives the lease up."""

    def report(self, status: Mapping[str, Any], term: int) -> None:
        """Stores the status, unless it was written under a later term."""

    def count(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Counts ignored input by (kind, name)."""

    def add_sessions(self, session_ids: Mapping[bytes, str]) -> None:
        """Stores session ids by their documents' `_id` (as BSON)."""

    def session_ids(self, oids: Sequence[bytes]) -> dict[bytes, str]:
        """Returns the stored session ids by `_id`."""

    def forget_sessions(self, oids: Sequence[bytes]) -> None:
        """Deletes the session ids of these documents."""

    def session_oids(self, after: int, limit: int) -> tuple[list[bytes], int]:
        """Returns the next page of stored `_id`s, and the `after` of the next page, 0 at the end."""
