"""Figures in the words of Prometheus: names with `sbdash_`, units in the names, nobody's id in a label. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from monitoring.journal.lag import StageLag
from monitoring.messaging.cache import CacheFigures
from monitoring.messaging.notifier import NotifierFigures

KIND = CONTENT_TYPE_PLAIN_0_0_4
QUANTILES = (50, 90, 95, 99)


@dataclass(frozen=True, slots=True)
class Machine:
    """What this process knows without asking anybody. `began` s since 1970; `cpu` seconds of a core so far."""

    rss: int
    cpu: float
    began: float
    door: Mapping[str, int]
    watchers: int
    sockets: int
    frames: int
    dropped: int
    turned_away: int
    cache: CacheFigures
    bell: NotifierFigures


@dataclass(frozen=True, slots=True)
class River:
    """What the database knows. `messages` and `errors` of the last minute, by role and by kind; `waits` of the last
    five minutes, s, by percentile, None where nobody waited."""

    head: int
    stages: Mapping[str, StageLag]
    active: int
    messages: Mapping[str, int]
    errors: Mapping[str, int]
    waits: Mapping[str, float] | None


class _Once(Collector):
    """Metrics that are there already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def text(machine: Machine, river: River | None) -> bytes:
    """A page for Prometheus; without what the database knows while it does not answer."""
    up = gauge("database_up", "Whether the database answers.", int(river is not None))
    parts = [up, *_process(machine), *_door(machine), *_live(machine), *_between(machine)]
    return bytes(generate_latest(_Once([*parts, *(_river(river) if river else ())])))


def gauge(name: str, words: str, value: float) -> Metric:
    """Something that goes up and down."""
    return GaugeMetricFamily(f"sbdash_{name}", words, value=value)


def counter(name: str, words: str, value: float) -> Metric:
    """Something that only grows while the process lives; `_total` is added to its name."""
    return CounterMetricFamily(f"sbdash_{name}", words, value=value)


def parts(family: type[Metric], name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    """A metric with one label."""
    made: Any = family(f"sbdash_{name}", words, labels=[label])  # type: ignore[call-arg]
    for word, value in values.items():
        made.add_metric([word], value)
    found: Metric = made
    return found


def _process(machine: Machine) -> Iterator[Metric]:
    yield gauge("process_resident_memory_bytes", "Memory that this process holds.", machine.rss)
    yield counter("process_cpu_seconds", "Time on a core that this process took.", machine.cpu)
    yield gauge("process_start_time_seconds", "When this process began, since 1970 UTC.", machine.began)


def _door(machine: Machine) -> Iterator[Metric]:
    seen = machine.door
    results = {name: seen.get(f"{name}_events", 0) for name in ("accepted", "duplicate", "rejected")}
    yield parts(
        CounterMetricFamily, "ingest_events", "Events that came in here, by what became of them.", "result", results
    )
    yield counter("ingest_refused_requests", "Requests that were refused as a whole.", seen.get("refused_requests", 0))
    yield counter("ingest_dropped_fields", "Fields of events that nobody asked for.", seen.get("dropped_fields", 0))
    yield gauge("ingest_queue_events", "Events that wait to be written.", seen.get("waiting_events", 0))


def _live(machine: Machine) -> Iterator[Metric]:
    yield gauge("live_watchers", "Sockets that watch a topic here.", machine.watchers)
    yield gauge("live_sockets", "Sockets that are open here.", machine.sockets)
    yield counter("live_frames_sent", "Frames that were sent.", machine.frames)
    yield counter("live_dropped_clients", "Sockets that were closed because they were too slow.", machine.dropped)
    yield counter("live_turned_away_clients", "Sockets for which there was no seat.", machine.turned_away)


def _between(machine: Machine) -> Iterator[Metric]:
    cache, bell = machine.cache, machine.bell
    yield gauge("cache_entries", "Values that are kept here.", cache.entries)
    yield gauge("cache_size_bytes", "Their size.", cache.bytes)
    asked = {"hits": cache.hits, "misses": cache.misses}
    yield parts(
        CounterMetricFamily, "cache_requests", "Values that were asked for, by whether they were here.", "result", asked
    )
    yield counter("cache_redis_hits", "Of those that were not here, found in Redis.", cache.from_redis)
    yield counter("cache_redis_failures", "How often Redis failed to keep or find a value.", cache.failures)
    yield gauge("bell_connected", "Whether other processes are heard through Redis.", int(bell.connected))
    yield counter("bell_rings", "Rings in this process.", bell.rung)
    yield counter("bell_publications", "Rings that were said to the others.", bell.published)
    yield counter("bell_heard", "Rings that were heard of others.", bell.heard)
    yield counter("bell_losses", "How often Redis was lost.", bell.lost)


def _river(river: River) -> Iterator[Metric]:
    yield gauge("journal_head_position", "Entries that the journal holds, of all time.", river.head)
    for name, words, key in (
        ("stage_position", "How far a stage has read the journal.", "position"),
        ("stage_behind_entries", "Entries that a stage has not read yet.", "behind"),
        ("stage_lag_seconds", "Age of the oldest entry that a stage has not read yet.", "lag_seconds"),
    ):
        values = {stage: getattr(lag, key) for stage, lag in river.stages.items()}
        yield parts(GaugeMetricFamily, name, words, "stage", values)
    yield gauge("sessions_active", "Sessions that spoke within the last five minutes.", river.active)
    minute = "of the last minute, by when they happened."
    yield parts(GaugeMetricFamily, "messages_last_minute", f"Messages {minute}", "role", river.messages)
    yield parts(GaugeMetricFamily, "errors_last_minute", f"Errors {minute}", "kind", river.errors)
    waits = {str(share / 100): river.waits[f"p{share}"] for share in QUANTILES} if river.waits else {}
    words = "Response times of the last five minutes; absent where nobody waited."
    yield parts(GaugeMetricFamily, "response_time_seconds", words, "quantile", waits)
