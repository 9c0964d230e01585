"""What the sources remember: how far each has read, and what was seen and not kept."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from time import time
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Count

from monitoring.events.envelope import instant
from monitoring.ingest.models import Place, Sighting
from monitoring.ingest.sightings import OTHERS, Sight
from monitoring.recording.store import redactor
from monitoring.tables.store import as_one, driver

FOLLOWER, STATUS = "mongodb", "mongodb status"
"""The places of the follower: where it stands, and how it is."""
SILENT = 15.0
"""Seconds after which a follower that reports nothing is not there."""
MOST_NAMES = 1_000
"""Names of a kind that are kept apart; what comes later counts under OTHERS."""

SIGHTINGS, _COLUMNS = "ingest_sighting", ("key", "source", "kind", "name", "count", "first", "last")


def recall(name: str) -> dict[str, Any]:
    """What a source left under its name; empty when it left nothing."""
    found = Place.objects.filter(name=name).values_list("state", flat=True).first()
    return dict(msgspec.json.decode(found)) if found else {}


def recall_all(prefix: str) -> dict[str, dict[str, Any]]:
    """What was left under names that begin so."""
    found = Place.objects.filter(name__startswith=prefix).values_list("name", "state")
    return {name: dict(msgspec.json.decode(state)) for name, state in found}


@as_one
def remember(name: str, state: Mapping[str, Any], term: int = 0) -> bool:
    """Keep a source's place. False, and nothing kept, when somebody with a later term has written it."""
    kept = {"state": msgspec.json.encode(state).decode(), "term": term, "at": int(time() * 1e6)}
    Place.objects.get_or_create(name=name)
    return Place.objects.filter(name=name, term__lte=term).update(**kept) == 1


@as_one
def forget(name: str) -> None:
    """Let a source begin anew."""
    Place.objects.filter(name=name).delete()


@as_one
def keep_sightings(counts: Mapping[Sight, int]) -> None:
    """Add to what was seen before: in three questions, however many names."""
    now, rule = int(time() * 1e6), redactor()
    counts = {(source, kind, rule.name(name)): amount for (source, kind, name), amount in counts.items()}
    wanted = {sight: number(*sight) for sight in counts}
    known = {key for key, *_ in driver().find(SIGHTINGS, ("key",), "key", list(wanted.values()))}
    named = Sighting.objects.values_list("source", "kind").annotate(names=Count("key")).order_by()
    room = {(source, kind): MOST_NAMES - names for source, kind, names in named}
    kept: Counter[Sight] = Counter()
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


def sources() -> dict[str, Any]:
    """What the operations figures say of the sources: the follower, and what was seen and counted."""
    kinds = Sighting.objects.values_list("source", "kind").distinct().order_by("source", "kind")
    return {
        "mongodb": follower(),
        "seen": [_shown(row) for source, kind in kinds for row in sightings(source, kind)],
    }


def follower() -> dict[str, Any] | None:
    """How the follower of the chat application's MongoDB is; None where there is none."""
    found = Place.objects.filter(name=STATUS).first()
    if found is None:
        return {"phase": "starting", "alive": False} if settings.CHAT_MONGODB_URL else None
    said = dict(msgspec.json.decode(found.state))
    moments = {name: instant(said.get(name) or None) for name in ("since", "last_change")}
    return said | moments | {"seen": instant(found.at), "alive": time() - found.at / 1e6 < SILENT}


def _shown(row: Sighting) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("source", "kind", "name", "count")}
    return told | {"first": instant(row.first), "last": instant(row.last)}


def number(*words: str) -> int:
    """63 bits that stand for some words."""
    return int.from_bytes(sha256("\0".join(words).encode()).digest()[:8]) >> 1
