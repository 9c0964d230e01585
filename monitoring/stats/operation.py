"""Operations of the application: counted by name, and kept as rows if they belong to a session. Pure."""

from msgspec import Struct

from monitoring.events.record import Record
from monitoring.events.vocabulary import Operation as OperationData
from monitoring.stats import metrics
from monitoring.stats.bucket import SECOND
from monitoring.stats.deltas import BucketDeltas
from monitoring.stats.histogram import bucket_of
from monitoring.stats.message import MAX_DURATION_MICROS


class Operation(Struct, frozen=True):
    """A row of `stats_operation`."""

    key: int
    session: int
    at: int
    operation: str
    outcome: str
    duration: int | None
    error: str | None
    memory: int | None
    cpu: int | None


def operation_of(record: Record, data: OperationData, session: int) -> Operation:
    """Returns the row of an operation that belongs to a session."""
    outcome = data.operation, data.outcome, _micros(data.duration_ms, 1e3), data.error
    return Operation(
        record.position, session, record.at, *outcome, data.memory_bytes, _micros(data.cpu_seconds, SECOND)
    )


def count_operation(deltas: BucketDeltas, at: int, data: OperationData) -> None:
    """Count outcome, duration, memory and CPU time under the operation's name."""
    name = data.operation
    all_widths = [(metrics.OPERATIONS.of(data.outcome), 1)]
    coarse = [(metrics.NAMED_OPERATIONS.of(data.outcome, name), 1)]
    if data.outcome != "ok":
        all_widths.append((metrics.ERRORS.of("operation"), 1))
    duration, cpu = _micros(data.duration_ms, 1e3), _micros(data.cpu_seconds, SECOND)
    if duration is not None:
        coarse.append((metrics.OPERATION_TIME.of(bucket_of(duration), name), 1))
    memory = metrics.OPERATION_MEMORY, metrics.OPERATION_MEMORY_REPORTS, data.memory_bytes
    for total, reported, amount in (memory, (metrics.OPERATION_CPU, metrics.OPERATION_CPU_REPORTS, cpu)):
        if amount is not None:
            coarse += ((total.of(name), amount), (reported.of(name), 1))
    deltas.add(None, at, all_widths, coarse)


def _micros(amount: float | None, scale: float) -> int | None:
    return None if amount is None else min(MAX_DURATION_MICROS, round(amount * scale))
