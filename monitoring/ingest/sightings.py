"""What was seen and not kept is counted, and the counts are handed on every few seconds. Pure."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)
Sight = tuple[str, str, str]
"""Source, kind, name."""
LATER = 3.0
"""Seconds after which counts are handed on."""
MOST = 1_000
"""Different sights between two hand-overs; what is more counts under OTHERS."""
OTHERS = "(others)"


class Sightings:
    """Thread-safe. `keep(counts)` may fail: they are counted on, and offered again."""

    def __init__(self, keep: Callable[[Mapping[Sight, int]], None]) -> None:
        self._keep = keep
        self._counts: Counter[Sight] = Counter()
        self._guard = threading.Lock()
        self._timer: threading.Timer | None = None

    def see(self, source: str, counts: Mapping[tuple[str, str], int]) -> None:
        """Count so many of each (kind, name)."""
        if not counts:
            return
        with self._guard:
            self._add({(source, kind, name): amount for (kind, name), amount in counts.items()})
            if self._timer is None:
                self._timer = threading.Timer(LATER, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Hand on what was counted."""
        with self._guard:
            counts, self._counts, self._timer = self._counts, Counter(), None
        if not counts:
            return
        try:
            self._keep(counts)
        except Exception:
            log.exception("sightings could not be kept; they are offered again")
            with self._guard:
                self._add(counts)

    def _add(self, counts: Mapping[Sight, int]) -> None:
        for (source, kind, name), amount in counts.items():
            known = (source, kind, name) in self._counts or len(self._counts) < MOST
            self._counts[source, kind, name if known else OTHERS] += amount
