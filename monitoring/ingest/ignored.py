"""What was seen and not kept is counted, and the counts are handed on every few seconds. Pure."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from time import sleep

from monitoring.events.shape import Count, Moment, Shape
from monitoring.ingest.batch import OTHERS
from monitoring.ingest.follower_status import Follower

log = logging.getLogger(__name__)
IgnoredName = tuple[str, str, str]
"""Source, kind, name."""
LATER = 3.0
"""Seconds after which counts are handed on."""
MOST = 1_000
"""Different sights between two hand-overs; what is more counts under OTHERS."""
LONGEST_NAME = 200


def storable(name: str) -> str:
    """A name that every database keeps: one that is none would hold up all the others."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:LONGEST_NAME])


class Seen(Shape, frozen=True):
    """Something that was seen and counted."""

    source: str
    kind: str
    name: str
    count: Count
    first: Moment
    last: Moment


class Sources(Shape, frozen=True):
    """Where events come from: the follower of MongoDB, if there is one, and what was seen."""

    mongodb: Follower | None
    seen: list[Seen]


class IgnoredCounters:
    """Thread-safe. `keep(counts)` may fail: they are counted on, and offered again."""

    def __init__(self, keep: Callable[[Mapping[IgnoredName, int]], None]) -> None:
        self._keep = keep
        self._counts: Counter[IgnoredName] = Counter()
        self._guard = threading.Lock()
        self._failing = False
        self._poked = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def size(self) -> int:
        """Different sights that are counted and not handed on yet."""
        return len(self._counts)

    def see(self, source: str, counts: Mapping[tuple[str, str], int]) -> None:
        """Count so many of each (kind, name)."""
        if not counts:
            return
        with self._guard:
            for (kind, name), amount in counts.items():
                self._add({(source, kind, storable(name)): amount})
            self._poked.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sightings", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Hand on what was counted."""
        with self._guard:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._keep(counts)
            self._failing = False
        except Exception:
            if not self._failing:  # said once, and not every LATER
                log.exception("sightings could not be kept; they are offered again")
            self._failing = True
            with self._guard:
                self._add(counts)
                self._poked.set()

    def _run(self) -> None:
        """One thread for all: it keeps its connection."""
        while self._poked.wait():
            self._poked.clear()
            sleep(LATER)
            self.flush()

    def _add(self, counts: Mapping[IgnoredName, int]) -> None:
        for (source, kind, name), amount in counts.items():
            known = (source, kind, name) in self._counts or len(self._counts) < MOST
            self._counts[source, kind, name if known else OTHERS] += amount
