"""What the follower needs of our own side, so that it knows no database of ours. Pure. Every call may block."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from monitoring.events.envelope import Event


class FollowerStore(Protocol):
    """The journal, the follower's place, its lease, and the names behind documents' keys."""

    def commit(self, events: Sequence[Event]) -> int:
        """Append; how many were new. On disk on return."""

    def recall(self) -> dict[str, Any]:
        """The place that was kept."""

    def remember(self, place: Mapping[str, Any], term: int) -> bool:
        """Keep a place. False when a later term has written it."""

    def lease(self) -> int:
        """The term under which we alone may work; 0 while another does."""

    def release(self) -> None:
        """Let the next one work."""

    def report(self, status: Mapping[str, Any], term: int) -> None:
        """Keep what the operations figures show, unless a later term has."""

    def see(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Count, by (kind, name), what was not taken."""

    def meet(self, names: Mapping[bytes, str]) -> None:
        """Keep the ids of sessions by their documents' `_id` (as BSON)."""

    def names(self, oids: Sequence[bytes]) -> dict[bytes, str]:
        """The ids that are known."""

    def part(self, oids: Sequence[bytes]) -> None:
        """Forget them."""

    def known(self, after: int, limit: int) -> tuple[list[bytes], int]:
        """The next `_id`s of sessions that are known, and what to ask for next; 0 at the end."""
