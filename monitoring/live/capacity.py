"""Everything that grows, how large it may become, and how large it is. docs/operate.md says what happens then."""

import shutil
from collections.abc import Iterator
from functools import partial
from time import time

import msgspec
import psutil
from django.conf import settings
from django.contrib.sessions.models import Session as LogIn
from django.db import connection
from django.db.models import Count

from monitoring.events.ids import short
from monitoring.ingest import ignored
from monitoring.ingest.batch import MAX_ITEMS
from monitoring.ingest.body import MAX_BODY_BYTES
from monitoring.ingest.http import app, auth
from monitoring.ingest.http.wiring import the_ignored_counters, the_ingest_app
from monitoring.ingest.models import Sighting
from monitoring.ingest.protocols import otlp
from monitoring.ingest.protocols.otlp import Otlp
from monitoring.ingest.source_state import MAX_NAMES_PER_KIND
from monitoring.ingest.sources.otel.trees import MAX_MOVABLE_CALLS, MAX_REMEMBERED_SPANS
from monitoring.journal.progress import lags
from monitoring.journal.stages import stage_names
from monitoring.live.frame_builder import MOST_MESSAGES, most_shown
from monitoring.live.frames import Bound
from monitoring.live.hub import Hub
from monitoring.live.overview import RANGES
from monitoring.messaging.wiring import MAX_CACHE_BYTES, MAX_CACHE_ENTRIES, the_cache
from monitoring.people import keys
from monitoring.people.log_ins import MAX_LOG_INS
from monitoring.recording import writer
from monitoring.stats.bucket import WIDTHS, keeps
from monitoring.stats.models import Bucket
from sbdash.database import WAL
from sbdash.servers import descriptors
from sbdash.servers.connections import the_connections

BATCH = 32_000
"""Entries that a stage reads at most for one batch (pipeline.flow: BATCH times MOST_READ)."""
AHEAD = 86_400
"""Seconds that an event may lie in the future, and its bucket with it."""
SELDOM = 5.0
"""Seconds for which the tables are not counted again."""
NAMES = {1: "1 s", 10: "10 s", 60: "1 min", 3600: "1 h", 86_400: "1 day"}


Hard, Usual = partial(Bound, usual=False), partial(Bound, usual=True)
"""At the first somebody is refused; at the second the oldest makes room, or the rest comes later."""


def bounds(hub: Hub) -> list[Bound]:
    """All of this process, and of the tables."""
    return [*_requests(), *_waiting(), *_remembered(), *_frames(hub), *_stages(), *_tables(), *_disk()]


def _requests() -> Iterator[Bound]:
    door = the_ingest_app()
    spans, others = door.largest_bodies["otlp"], [size for name, size in door.largest_bodies.items() if name != "otlp"]
    yield Hard("largest body", max(others, default=0), MAX_BODY_BYTES, "bytes")
    yield Hard("largest body of spans", spans, otlp.MAX_BODY_BYTES, "bytes")
    yield Hard("most items in a request", door.max_items_seen, MAX_ITEMS, "items")
    yield Hard("bodies in hand", door.budget.used, door.budget.max_bytes, "bytes")


def _waiting() -> Iterator[Bound]:
    queue = the_ingest_app().writer
    yield Hard("events waiting", queue.depth, settings.INGEST_QUEUE_EVENTS, "events")
    yield Hard("bytes waiting", queue.size, settings.INGEST_QUEUE_BYTES, "bytes")
    yield Hard("longest wait", round(queue.waits, 1), app.WRITE_TIMEOUT, "seconds")
    yield Usual("largest group", queue.largest_group, writer.MAX_GROUP_EVENTS, "events")


def _remembered() -> Iterator[Bound]:
    door, cache = the_ingest_app(), the_cache().figures()
    known = door.authenticator.figures()
    memories = [each for each in door.protocols.values() if isinstance(each, Otlp)]
    spans, calls = sum(each.remembered for each in memories), sum(each.movable for each in memories)
    yield Hard("keys being looked up", known["lookups"], auth.MAX_LOOKUPS, "keys")
    yield Usual("keys remembered", known["keys"], auth.MAX_CACHED_KEYS, "keys")
    yield Usual("wrong keys remembered", known["unknown"], auth.MAX_CACHED_KEYS, "keys")
    yield Usual("rates of keys", known["limits"], auth.MAX_CACHED_KEYS, "keys")
    yield Usual("spans remembered", spans, MAX_REMEMBERED_SPANS, "spans")
    yield Usual("calls that may be moved", calls, MAX_MOVABLE_CALLS, "calls")
    yield Hard("sightings in hand", the_ignored_counters().size, ignored.MAX_PENDING_NAMES, "names")
    yield Usual("names of persons", keys.cached(), keys.MAX_CACHED, "names")
    yield Usual("ids remembered", short.cache_info().currsize, short.cache_parameters()["maxsize"] or 0, "ids")
    yield Usual("frames kept", cache.entries, MAX_CACHE_ENTRIES, "frames")
    yield Usual("bytes of frames kept", cache.bytes, MAX_CACHE_BYTES, "bytes")


def _frames(hub: Hub) -> Iterator[Bound]:
    points = max(shown.most for shown in RANGES.values())
    yield Hard("open files", psutil.Process().num_fds(), descriptors.limit(), "files")
    yield Hard("open connections", the_connections().open, the_connections().most, "connections")
    yield Hard("open sockets", hub.seats, hub.most, "sockets")
    yield Usual("sockets of one user who is not staff", hub.largest_user, hub.most_of_user, "sockets")
    yield Hard("sockets without a subscription", hub.unsubscribed, hub.most_unsubscribed, "sockets")
    yield Usual("frames under way to a socket", min(1, hub.busy), 1, "frames")
    yield Usual("messages in a frame", most_shown["messages"], MOST_MESSAGES, "messages")
    yield Usual("points in a frame", most_shown["points"], points, "points")


def _stages() -> Iterator[Bound]:
    behind = max(stage.behind for stage in lags(stage_names()).values())
    yield Usual("batch of a stage", min(behind, BATCH), BATCH, "entries")


def _tables() -> Iterator[Bound]:
    key = "bounds of tables", int(time() / SELDOM)
    rows: dict[str, int] = msgspec.json.decode(the_cache().get_or_set(key, _counted, SELDOM))
    keep = keeps(settings.STATISTICS_RETENTION_DAYS)
    for width in WIDTHS:
        yield Usual(f"buckets of {NAMES[width]}", rows[str(width)], (keep[width] + AHEAD) // width + 2, "rows")
    yield Hard("names of a kind", rows["names"], MAX_NAMES_PER_KIND + 1, "rows")
    yield Hard("log-ins", rows["log-ins"], MAX_LOG_INS, "rows")


def _counted() -> bytes:
    widths = dict(Bucket.objects.values_list("width").annotate(rows=Count("key")).order_by())
    kinds = Sighting.objects.values("source", "kind").annotate(rows=Count("key")).order_by()
    found = {str(width): widths.get(width, 0) for width in WIDTHS}
    found["names"] = max((kind["rows"] for kind in kinds), default=0)
    found["log-ins"] = LogIn.objects.count()
    return msgspec.json.encode(found)


def _disk() -> Iterator[Bound]:
    """Where SQLite keeps everything. Other databases lie elsewhere, and tell of their disks themselves."""
    if connection.vendor != "sqlite":
        return
    log = settings.DATA_DIR / f"{settings.DATABASES['default']['NAME']}-wal"
    disk = shutil.disk_usage(settings.DATA_DIR)
    yield Usual("write-ahead log", log.stat().st_size if log.exists() else 0, WAL, "bytes")
    yield Hard("disk", disk.total - disk.free, disk.total, "bytes")
