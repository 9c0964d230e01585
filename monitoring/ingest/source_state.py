"""Stores the state of sources (the follower's position and status) and the counts of ignored input."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from time import time
from typing import TypeVar

import msgspec
from django.conf import settings
from django.db.models import Count, QuerySet

from monitoring.db.transactions import driver, transactional
from monitoring.events.envelope import instant
from monitoring.ingest.batch import OTHERS
from monitoring.ingest.follower_status import Follower, Status
from monitoring.ingest.ignored import IgnoredName, Seen, Sources
from monitoring.ingest.models import Place, Sighting
from monitoring.recording.record import redactor

FOLLOWER, STATUS = "mongodb", "mongodb status"
"""Names under which the follower stores its state and its status."""
FOLLOWED_SECONDS = 86_400
"""Seconds after its last report during which a follower that is not configured here is missed."""
FOLLOWER_TIMEOUT = 15.0
"""A follower without a report for so many seconds is not alive."""
MAX_NAMES_PER_KIND = 1_000
"""Most stored names of a source and kind; further names count under OTHERS."""

SIGHTINGS, _COLUMNS = "ingest_sighting", ("key", "source", "kind", "name", "count", "first", "last")


Kind = TypeVar("Kind")


def recall(name: str, kind: type[Kind]) -> Kind | None:
    """Returns the state stored under a name, None if there is none or it is not of this type."""
    return _read(Place.objects.filter(name=name), kind).get(name)


def recall_all(prefix: str, kind: type[Kind]) -> dict[str, Kind]:
    """Returns the states of this type whose names begin with a prefix, by name."""
    return _read(Place.objects.filter(name__startswith=prefix), kind)


def _read(places: QuerySet[Place], kind: type[Kind]) -> dict[str, Kind]:
    states = dict[str, Kind]()
    for name, state in places.exclude(state="{}").values_list("name", "state"):
        try:
            states[name] = msgspec.json.decode(state, type=kind)
        except msgspec.ValidationError:
            continue
    return states


@transactional
def remember(name: str, state: object, term: int = 0) -> bool:
    """Stores a state under a name. Returns False, and stores nothing, if it was written under a later term
    (fencing)."""
    values = {"state": msgspec.json.encode(state).decode(), "term": term, "at": int(time() * 1e6)}
    Place.objects.get_or_create(name=name)
    return Place.objects.filter(name=name, term__lte=term).update(**values) == 1


@transactional
def forget(name: str) -> None:
    """Deletes a state; its source begins at the start again."""
    Place.objects.filter(name=name).delete()


@transactional
def save_ignored(counts: Mapping[IgnoredName, int]) -> None:
    """Adds counts to the stored ones, in three queries for any number of names."""
    now, redaction = int(time() * 1e6), redactor()
    counts = {(source, kind, redaction.name(name)): amount for (source, kind, name), amount in counts.items()}
    keys = {name: hash63(*name) for name in counts}
    known = {key for key, *_ in driver().find(SIGHTINGS, ("key",), "key", list(keys.values()))}
    stored = Sighting.objects.values_list("source", "kind").annotate(names=Count("key")).order_by()
    free = {(source, kind): MAX_NAMES_PER_KIND - names for source, kind, names in stored}
    limited: Counter[IgnoredName] = Counter()
    for (source, kind, name), amount in counts.items():
        new = keys[source, kind, name] not in known
        left = free.get((source, kind), MAX_NAMES_PER_KIND)
        limited[source, kind, name if not new or left > 0 else OTHERS] += amount
        free[source, kind] = left - new
    rows = [(hash63(*name), *name, amount, now, now) for name, amount in limited.items()]
    driver().add(SIGHTINGS, _COLUMNS, rows, ["count"], "last")


def sightings(source: str, kind: str, limit: int = 200) -> list[Sighting]:
    """Returns the most frequent names of a kind."""
    return list(Sighting.objects.filter(source=source, kind=kind).order_by("-count", "name")[:limit])


def refused_since(since: int, limit: int = 5) -> list[tuple[str, str]]:
    """Returns (source, name) of what was refused or unreadable since a time (µs since 1970 UTC), the newest first."""
    rows = Sighting.objects.filter(kind__in=["refused", "unreadable"], last__gte=since).order_by("-last", "key")
    return list(rows.values_list("source", "name")[:limit])


def sources() -> Sources:
    kinds = Sighting.objects.values_list("source", "kind").distinct().order_by("source", "kind")
    return Sources(follower(), [_seen_of(row) for source, kind in kinds for row in sightings(source, kind)])


def read_follower_status() -> tuple[Status, int] | None:
    """Returns the MongoDB follower's last status and its time (µs since 1970 UTC), None if it never reported."""
    row = Place.objects.filter(name=STATUS).first()
    return (msgspec.json.decode(row.state, type=Status), row.at) if row else None


def is_alive(at: int) -> bool:
    """Returns whether a follower with its last report at this time (µs since 1970 UTC) counts as running."""
    return time() - at / 1e6 < FOLLOWER_TIMEOUT


def is_expected(at: int) -> bool:
    """Returns whether a follower should run: one is configured here, or its last report (µs since 1970 UTC) is less
    than FOLLOWED_SECONDS old."""
    return bool(settings.CHAT_MONGODB_URL) or time() - at / 1e6 < FOLLOWED_SECONDS


def expected_follower() -> Follower | None:
    """Returns the state of a follower that should run, None if none should."""
    stored = read_follower_status()
    return follower() if stored is None or is_expected(stored[1]) else None


def follower() -> Follower | None:
    """Returns the MongoDB follower's state, None if no MongoDB is configured and no follower ever reported."""
    stored = read_follower_status()
    if stored is None:
        return Follower(phase="starting", alive=False) if settings.CHAT_MONGODB_URL else None
    status, at = stored
    times = {"since": instant(status.since or None), "last_change": instant(status.last_change or None)}
    return Follower(**asdict(status) | times, seen=instant(at), alive=is_alive(at))


def _seen_of(row: Sighting) -> Seen:
    return Seen(row.source, row.kind, row.name, row.count, instant(row.first), instant(row.last))


def hash63(*words: str) -> int:
    """Returns the first 63 bits of SHA-256 over the words, joined by NUL."""
    return int.from_bytes(sha256("\0".join(words).encode()).digest()[:8]) >> 1
