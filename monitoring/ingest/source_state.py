"""What the sources remember: how far each has read, and what was seen and not kept."""

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
"""The places of the follower: where it stands, and how it is."""
SILENT = 15.0
"""Seconds after which a follower that reports nothing is not there."""
MOST_NAMES = 1_000
"""Names of a kind that are kept apart; what comes later counts under OTHERS."""

SIGHTINGS, _COLUMNS = "ingest_sighting", ("key", "source", "kind", "name", "count", "first", "last")


Kind = TypeVar("Kind")


def recall(name: str, kind: type[Kind]) -> Kind | None:
    """What a source left under its name; None where it left nothing, or nothing of this kind."""
    return _read(Place.objects.filter(name=name), kind).get(name)


def recall_all(prefix: str, kind: type[Kind]) -> dict[str, Kind]:
    """What was left under names that begin so, as far as it is of this kind."""
    return _read(Place.objects.filter(name__startswith=prefix), kind)


def _read(places: QuerySet[Place], kind: type[Kind]) -> dict[str, Kind]:
    found = dict[str, Kind]()
    for name, state in places.exclude(state="{}").values_list("name", "state"):
        try:
            found[name] = msgspec.json.decode(state, type=kind)
        except msgspec.ValidationError:
            continue
    return found


@transactional
def remember(name: str, state: object, term: int = 0) -> bool:
    """Keep a source's place. False, and nothing kept, when somebody with a later term has written it."""
    kept = {"state": msgspec.json.encode(state).decode(), "term": term, "at": int(time() * 1e6)}
    Place.objects.get_or_create(name=name)
    return Place.objects.filter(name=name, term__lte=term).update(**kept) == 1


@transactional
def forget(name: str) -> None:
    """Let a source begin anew."""
    Place.objects.filter(name=name).delete()


@transactional
def keep_ignored(counts: Mapping[IgnoredName, int]) -> None:
    """Add to what was seen before: in three questions, however many names."""
    now, rule = int(time() * 1e6), redactor()
    counts = {(source, kind, rule.name(name)): amount for (source, kind, name), amount in counts.items()}
    wanted = {sight: number(*sight) for sight in counts}
    known = {key for key, *_ in driver().find(SIGHTINGS, ("key",), "key", list(wanted.values()))}
    named = Sighting.objects.values_list("source", "kind").annotate(names=Count("key")).order_by()
    room = {(source, kind): MOST_NAMES - names for source, kind, names in named}
    kept: Counter[IgnoredName] = Counter()
    for (source, kind, name), amount in counts.items():
        new = wanted[source, kind, name] not in known
        left = room.get((source, kind), MOST_NAMES)
        kept[source, kind, name if not new or left > 0 else OTHERS] += amount
        room[source, kind] = left - new
    rows = [(number(*sight), *sight, amount, now, now) for sight, amount in kept.items()]
    driver().add(SIGHTINGS, _COLUMNS, rows, ["count"], "last")


def sightings(source: str, kind: str, limit: int = 200) -> list[Sighting]:
    """The most frequent names of a kind."""
    return list(Sighting.objects.filter(source=source, kind=kind).order_by("-count", "name")[:limit])


def sources() -> Sources:
    kinds = Sighting.objects.values_list("source", "kind").distinct().order_by("source", "kind")
    return Sources(follower(), [_shown(row) for source, kind in kinds for row in sightings(source, kind)])


def follower_said() -> tuple[Status, int] | None:
    """What the follower of the chat application's MongoDB said last, and when (µs); None where it never did."""
    found = Place.objects.filter(name=STATUS).first()
    return (msgspec.json.decode(found.state, type=Status), found.at) if found else None


def is_alive(at: int) -> bool:
    """Whether a follower that spoke then (µs) is there."""
    return time() - at / 1e6 < SILENT


def follower() -> Follower | None:
    """None where there is none."""
    found = follower_said()
    if found is None:
        return Follower(phase="starting", alive=False) if settings.CHAT_MONGODB_URL else None
    said, at = found
    moments = {"since": instant(said.since or None), "last_change": instant(said.last_change or None)}
    return Follower(**asdict(said) | moments, seen=instant(at), alive=is_alive(at))


def _shown(row: Sighting) -> Seen:
    return Seen(row.source, row.kind, row.name, row.count, instant(row.first), instant(row.last))


def number(*words: str) -> int:
    """63 bits that stand for some words."""
    return int.from_bytes(sha256("\0".join(words).encode()).digest()[:8]) >> 1
