"""The stage `security`: keeps what the security pages list."""

from collections.abc import Callable, Sequence

from monitoring.events.record import Record
from monitoring.security.event import event_of
from monitoring.security.log import clear, save


class SecurityLog:
    """A fold like every stage. Whoever writes what it gives holds the transaction."""

    name = "security"
    types = frozenset({"access", "rate_limit", "security"})
    parts = 1
    origins = False
    needs = frozenset[str]()

    def part_of(self, record: Record) -> int:
        """Undivided."""
        return 0

    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
        """Read a batch; what is returned writes the rows."""
        found = [event for record in batch if (event := event_of(record))]
        return lambda: save(found), frozenset({0})

    def clear(self) -> None:
        """Forget everything, to begin again."""
        clear()
