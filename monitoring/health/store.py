"""Reads and writes the tables of sbdash's own health, except annotations."""

from collections.abc import Sequence
from time import time

import msgspec
from django.conf import settings
from django.db.models import Min

from monitoring.db.transactions import driver, transactional
from monitoring.health import models
from monitoring.health.gaps import Interval
from monitoring.health.heartbeat import Run
from monitoring.health.reading import HOUR, MINUTE, FiguresRow, Tally, row_key

RUNS, FIGURES = "health_run", "health_figures"
RUN_COLUMNS = "key", "role", "reason", "started", "beat", "ended"
FIGURES_COLUMNS = "key", "role", "width", "start", "ran", "lag", "newest_age", "memory", "cpu", "counts", "levels"
MINUTES_SECONDS, DAY = 7 * 86_400, 86_400
"""Retention of minutes. Hours, runs and annotations are kept for STATISTICS_RETENTION_DAYS."""
MAX_RUNS = 5_000
"""The most runs that are read for one layer: a process that restarts each minute makes 1,440 a day."""
_counts, _levels = msgspec.json.Decoder(dict[str, int]), msgspec.json.Decoder(dict[str, float])


@transactional
def save(process: int, run: Run, tallies: Sequence[Tally]) -> None:
    """Stores a heartbeat: the run, and absolute values of the process's slots."""
    driver().upsert(RUNS, RUN_COLUMNS, [(run.key, run.role, run.reason, run.started, run.beat, run.ended)])
    rows = [
        (
            row_key(process, tally.width, tally.start), run.role, tally.width, tally.start, tally.ran, tally.lag,
            tally.newest_age, tally.memory, tally.cpu, msgspec.json.encode(tally.counts).decode(),
            msgspec.json.encode(tally.levels).decode(),
        )
        for tally in tallies
    ]  # fmt: skip
    driver().upsert(FIGURES, FIGURES_COLUMNS, rows)


def width_for(start: float, now: float) -> int:
    """Returns the width of the rows to read from `start` on: minutes within a day, else hours."""
    return MINUTE if now - start <= DAY + HOUR else HOUR


def figures(width: int, start: int, end: int) -> list[FiguresRow]:
    """Returns the rows of all processes whose slots begin in [start, end), in order."""
    rows = models.Figures.objects.filter(width=width, start__gte=start, start__lt=end).order_by("start")
    columns = rows.values_list("role", "start", "ran", "lag", "newest_age", "memory", "cpu", "counts", "levels")
    return [FiguresRow(*row[:-2], _counts.decode(row[-2]), _levels.decode(row[-1])) for row in columns]


def first_figure() -> int | None:
    """Returns the start of the oldest row, s since 1970; None before the first heartbeat."""
    first: int | None = models.Figures.objects.aggregate(first=Min("start"))["first"]
    return first


def runs(start: float, end: float) -> list[Interval]:
    """Returns the runs in [start, end] (s since 1970), and the last one before, so that a gap at the beginning is
    known."""
    known = models.Run.objects.filter(started__lte=int(end * 1e6))
    rows = list(known.filter(beat__gte=int(start * 1e6)).order_by("-beat")[:MAX_RUNS])
    for names in (("web", "both"), ("pipeline", "both")):
        rows += known.filter(beat__lt=int(start * 1e6), role__in=names).order_by("-beat")[:1]
    return [Interval(run.role, run.reason, run.started // 1_000_000, run.beat // 1_000_000, run.ended) for run in rows]


@transactional
def delete_old() -> int:
    """Deletes rows past their retention. Returns how many."""
    now, days = time(), settings.STATISTICS_RETENTION_DAYS * DAY
    figures = models.Figures.objects
    return sum(
        rows.delete()[0]
        for rows in (
            figures.filter(width=MINUTE, start__lt=int(now) - MINUTES_SECONDS),
            figures.filter(width=HOUR, start__lt=int(now) - days),
            models.Run.objects.filter(beat__lt=int((now - days) * 1e6)),
            models.Annotation.objects.filter(at__lt=int((now - days) * 1e6)),
        )
    )
