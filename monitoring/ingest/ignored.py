"""Counts ignored input in memory, and saves the counts every few seconds. Pure."""

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
FLUSH_INTERVAL = 3.0
"""Seconds between the first new count and its save."""
MAX_PENDING_NAMES = 1_000
"""Most different names between two saves; further names count under OTHERS."""
MAX_NAME_CHARS = 200


def storable(name: str) -> str:
    """Returns the name as every database can store it; one invalid name would fail the save of all others."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:MAX_NAME_CHARS])


class Seen(Shape, frozen=True):
    """A counted kind of input."""

    source: str
    kind: str
    name: str
    count: Count
    first: Moment
    last: Moment


class Sources(Shape, frozen=True):
    """The sources of events: the state of the MongoDB follower, null without one, and counted input."""

    mongodb: Follower | None
    seen: list[Seen]


class IgnoredCounters:
    """Thread-safe. After a `save(counts)` that raises, the counts are kept and saved again."""

    def __init__(self, save: Callable[[Mapping[IgnoredName, int]], None]) -> None:
        self._save = save
        self._counts: Counter[IgnoredName] = Counter()
        self._lock = threading.Lock()
        self._failing = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def size(self) -> int:
        """Number of different names that are not saved yet."""
        return len(self._counts)

    def count(self, source: str, counts: Mapping[tuple[str, str], int]) -> None:
        """Adds counts by (kind, name)."""
        if not counts:
            return
        with self._lock:
            for (kind, name), amount in counts.items():
                self._add({(source, kind, storable(name)): amount})
            self._wake.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sightings", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Saves the counts."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._save(counts)
            self._failing = False
        except Exception:
            if not self._failing:  # logged once an outage, not every FLUSH_INTERVAL
                log.exception("saving counts of ignored input failed; trying again")
            self._failing = True
            with self._lock:
                self._add(counts)
                self._wake.set()

    def _run(self) -> None:
        """A single thread saves, so that one database connection is enough."""
        while self._wake.wait():
            self._wake.clear()
            sleep(FLUSH_INTERVAL)
            self.flush()

    def _add(self, counts: Mapping[IgnoredName, int]) -> None:
        for (source, kind, name), amount in counts.items():
            known = (source, kind, name) in self._counts or len(self._counts) < MAX_PENDING_NAMES
            self._counts[source, kind, name if known else OTHERS] += amount
