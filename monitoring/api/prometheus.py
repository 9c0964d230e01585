"""Formats metrics for Prometheus: names begin with `sbdash_` and contain units; no label holds an id. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from monitoring.journal.lag import StageLag
from monitoring.messaging.cache import CacheFigures
from monitoring.messaging.notifier import NotifierFigures

KIND = CONTENT_TYPE_PLAIN_0_0_4
Family = type[CounterMetricFamily] | type[GaugeMetricFamily]
QUANTILES = (50, 90, 95, 99)


@dataclass(frozen=True, slots=True)
class ProcessMetrics:
    """Metrics of this process, known without the database."""

    ingest: Mapping[str, int]
    subscribers: int
    sockets: int
    frames: int
    dropped: int
    rejected: int
    cache: CacheFigures
    notifier: NotifierFigures


@dataclass(frozen=True, slots=True)
class DatabaseMetrics:
    """Metrics from the database. `messages` and `errors` of the last minute, by role and by kind; `waits`: response
    times of the last five minutes, s, by percentile, None without responses. `alerts`: the
    firing ones of each enabled rule, by its name. `deliveries`: messages of the outbox, `waiting`, `dead`, and those of
    the waiting ones that are `failing`. `disk`: its used share, None where it is unknown. `silences`: s by source."""

    head: int
    stages: Mapping[str, StageLag]
    active: int
    messages: Mapping[str, int]
    errors: Mapping[str, int]
    waits: Mapping[str, float] | None
    alerts: Mapping[str, int]
    deliveries: Mapping[str, int]
    disk: float | None
    silences: Mapping[str, float]


class _Once(Collector):
    """Collects metrics that were computed before."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def text(process: ProcessMetrics, database: DatabaseMetrics | None) -> bytes:
    """All metrics in Prometheus's text format. `database` is None while the database does not answer."""
    up = gauge("database_up", "1 if the database answers, else 0.", int(database is not None))
    machine = ProcessCollector("sbdash", registry=None).collect()
    families = [up, *machine, *_ingest(process), *_live(process), *_messaging(process)]
    return bytes(generate_latest(_Once([*families, *(_database(database) if database else ())])))


def gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sbdash_{name}", words, value=value)


def counter(name: str, words: str, value: float) -> Metric:
    """prometheus_client appends `_total` to the name."""
    return CounterMetricFamily(f"sbdash_{name}", words, value=value)


def labelled(family: Family, name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    """A metric with one label, and a sample for each of its values."""
    metric = family(f"sbdash_{name}", words, labels=[label])
    for label_value, value in values.items():
        metric.add_metric([label_value], value)
    return metric


def _ingest(process: ProcessMetrics) -> Iterator[Metric]:
    seen = process.ingest
    results = {name: seen.get(f"{name}_events", 0) for name in ("accepted", "duplicate", "rejected")}
    yield labelled(
        CounterMetricFamily, "ingest_events", "Events that this process received, by result.", "result", results
    )
    yield counter("ingest_refused_requests", "Requests that were rejected as a whole.", seen.get("refused_requests", 0))
    yield counter(
        "ingest_dropped_fields", "Unknown fields of events, which were dropped.", seen.get("dropped_fields", 0)
    )
    yield gauge("ingest_queue_events", "Events in the queue of the journal's writer.", seen.get("waiting_events", 0))


def _live(process: ProcessMetrics) -> Iterator[Metric]:
    yield gauge("live_watchers", "Sockets of this process that are subscribed to a topic.", process.subscribers)
    yield gauge("live_sockets", "Open sockets of this process.", process.sockets)
    yield counter("live_frames_sent", "Frames that were sent to sockets.", process.frames)
    yield counter("live_dropped_clients", "Sockets that were closed because they were too slow.", process.dropped)
    yield counter("live_turned_away_clients", "Sockets that were rejected at a limit.", process.rejected)


def _messaging(process: ProcessMetrics) -> Iterator[Metric]:
    cache, notifier = process.cache, process.notifier
    yield gauge("cache_entries", "Entries in the cache of this process.", cache.entries)
    yield gauge("cache_size_bytes", "Size of the cache of this process.", cache.bytes)
    requests = {"hits": cache.hits, "misses": cache.misses}
    yield labelled(
        CounterMetricFamily, "cache_requests", "Requests to the cache of this process, by result.", "result", requests
    )
    yield counter("cache_redis_hits", "Cache misses of this process that Redis answered.", cache.from_redis)
    yield counter("cache_redis_failures", "Failed reads and writes of the cache in Redis.", cache.failures)
    yield gauge("bell_connected", "1 if notifications arrive through Redis, else 0.", int(notifier.connected))
    yield counter("bell_rings", "Notifications of this process.", notifier.announced)
    yield counter("bell_publications", "Notifications that were published to other processes.", notifier.published)
    yield counter("bell_heard", "Notifications from other processes.", notifier.received)
    yield counter("bell_losses", "Lost connections to Redis.", notifier.disconnections)


def _database(database: DatabaseMetrics) -> Iterator[Metric]:
    yield gauge("journal_head_position", "Position of the journal's newest entry.", database.head)
    for name, words, key in (
        ("stage_position", "Position up to which a stage has applied the journal.", "position"),
        ("stage_behind_entries", "Entries that a stage has not applied yet.", "behind"),
        ("stage_lag_seconds", "Age of the oldest entry that a stage has not applied yet.", "lag_seconds"),
    ):
        values = {stage: getattr(lag, key) for stage, lag in database.stages.items()}
        yield labelled(GaugeMetricFamily, name, words, "stage", values)
    yield gauge("sessions_active", "Sessions with a message in the last five minutes.", database.active)
    minute = "of the last minute, by event time."
    yield labelled(GaugeMetricFamily, "messages_last_minute", f"Messages {minute}", "role", database.messages)
    yield labelled(GaugeMetricFamily, "errors_last_minute", f"Errors {minute}", "kind", database.errors)
    waits = {str(percent / 100): database.waits[f"p{percent}"] for percent in QUANTILES} if database.waits else {}
    words = "Response times of the last five minutes; absent without responses."
    yield labelled(GaugeMetricFamily, "response_time_seconds", words, "quantile", waits)
    yield labelled(GaugeMetricFamily, "alerts_firing", "Firing alerts of each rule.", "rule", database.alerts)
    words = "Messages about alerts that wait, of them failing ones, or were given up."
    yield labelled(GaugeMetricFamily, "alert_messages", words, "state", database.deliveries)
    if database.disk is not None:
        yield gauge("disk_used_ratio", "Used share of the disk of DATA_DIR.", database.disk)
    words = "Time since the last event of each source, measured at the last heartbeat of the pipeline."
    yield labelled(GaugeMetricFamily, "source_silence_seconds", words, "source", database.silences)
