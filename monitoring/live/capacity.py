"""Capacity limits: everything that grows, its size and its limit. docs/operate.md says what happens at each limit."""

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
from monitoring.live.frame_builder import MAX_FRAME_MESSAGES
from monitoring.live.frames import Bound
from monitoring.live.hub import Hub
from monitoring.live.overview_builder import max_rows_shown
from monitoring.messaging.wiring import MAX_CACHE_BYTES, MAX_CACHE_ENTRIES, the_cache
from monitoring.people import keys
from monitoring.people.log_ins import MAX_LOG_INS
from monitoring.recording import writer
from monitoring.stats.bucket import WIDTHS, keeps
from monitoring.stats.models import Bucket
from monitoring.stats.window import MAX_AHEAD, MAX_POINTS
from sbdash.database import WAL_BYTES
from sbdash.servers import descriptors
from sbdash.servers.connections import the_connections

STAGE_BATCH_ENTRIES = 32_000
"""Entries that a stage reads at most for one batch: BATCH_ENTRIES times MAX_READ_FACTOR of pipeline.advance, which this
room may not import."""
TABLES_CACHE_SECONDS = 5.0
"""The seconds for which the row counts are cached."""
WIDTH_NAMES = {1: "1 s", 10: "10 s", 60: "1 min", 3600: "1 h", 86_400: "1 day"}


Hard, Usual = partial(Bound, usual=False), partial(Bound, usual=True)
"""At a hard limit requests are rejected. At a usual one the oldest item is evicted, or the rest is deferred."""


def capacity_limits(hub: Hub) -> list[Bound]:
    """The limits of this process and of the tables."""
    return [*_requests(), *_waiting(), *_remembered(), *_frames(hub), *_stages(), *_tables(), *_disk()]


def _requests() -> Iterator[Bound]:
    ingest_app = the_ingest_app()
    sizes = ingest_app.largest_bodies
    spans, others = sizes["otlp"], [size for name, size in sizes.items() if name != "otlp"]
    yield Hard("largest body", max(others, default=0), MAX_BODY_BYTES, "bytes")
    yield Hard("largest body of spans", spans, otlp.MAX_BODY_BYTES, "bytes")
    yield Hard("most items in a request", ingest_app.max_items_seen, MAX_ITEMS, "items")
    yield Hard("bodies in hand", ingest_app.budget.used, ingest_app.budget.max_bytes, "bytes")


def _waiting() -> Iterator[Bound]:
    queue = the_ingest_app().writer
    yield Hard("events waiting", queue.depth, settings.INGEST_QUEUE_EVENTS, "events")
    yield Hard("bytes waiting", queue.size, settings.INGEST_QUEUE_BYTES, "bytes")
    yield Hard("longest wait", round(queue.waits, 1), app.WRITE_TIMEOUT, "seconds")
    yield Usual("largest group", queue.largest_group, writer.MAX_GROUP_EVENTS, "events")


def _remembered() -> Iterator[Bound]:
    ingest_app, cache = the_ingest_app(), the_cache().figures()
    known = ingest_app.authenticator.figures()
    memories = [each for each in ingest_app.protocols.values() if isinstance(each, Otlp)]
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
    yield Hard("open files", psutil.Process().num_fds(), descriptors.limit(), "files")
    yield Hard("open connections", the_connections().open, the_connections().limit, "connections")
    yield Hard("open sockets", hub.connections, hub.max_connections, "sockets")
    yield Usual("sockets of one user who is not staff", hub.largest_user, hub.max_user_connections, "sockets")
    yield Hard("sockets without a subscription", hub.unsubscribed, hub.max_unsubscribed, "sockets")
    yield Usual("frames under way to a socket", min(1, hub.busy), 1, "frames")
    yield Usual("messages in a frame", max_rows_shown["messages"], MAX_FRAME_MESSAGES, "messages")
    yield Usual("points in a frame", max_rows_shown["points"], MAX_POINTS, "points")


def _stages() -> Iterator[Bound]:
    behind = max(stage.behind for stage in lags(stage_names()).values())
    yield Usual("batch of a stage", min(behind, STAGE_BATCH_ENTRIES), STAGE_BATCH_ENTRIES, "entries")


def _tables() -> Iterator[Bound]:
    key = "bounds of tables", int(time() / TABLES_CACHE_SECONDS)
    rows: dict[str, int] = msgspec.json.decode(the_cache().get_or_set(key, _count_rows, TABLES_CACHE_SECONDS))
    keep = keeps(settings.STATISTICS_RETENTION_DAYS)
    for width in WIDTHS:
        yield Usual(
            f"buckets of {WIDTH_NAMES[width]}", rows[str(width)], (keep[width] + MAX_AHEAD) // width + 2, "rows"
        )
    yield Hard("names of a kind", rows["names"], MAX_NAMES_PER_KIND + 1, "rows")
    yield Hard("log-ins", rows["log-ins"], MAX_LOG_INS, "rows")


def _count_rows() -> bytes:
    widths = dict(Bucket.objects.values_list("width").annotate(rows=Count("key")).order_by())
    kinds = Sighting.objects.values("source", "kind").annotate(rows=Count("key")).order_by()
    counts = {str(width): widths.get(width, 0) for width in WIDTHS}
    counts["names"] = max((kind["rows"] for kind in kinds), default=0)
    counts["log-ins"] = LogIn.objects.count()
    return msgspec.json.encode(counts)


def _disk() -> Iterator[Bound]:
    """The disk of DATA_DIR, for SQLite alone: another database monitors its own disk."""
    if connection.vendor != "sqlite":
        return
    log = settings.DATA_DIR / f"{settings.DATABASES['default']['NAME']}-wal"
    disk = shutil.disk_usage(settings.DATA_DIR)
    yield Usual("write-ahead log", log.stat().st_size if log.exists() else 0, WAL_BYTES, "bytes")
    yield Hard("disk", disk.total - disk.free, disk.total, "bytes")
