"""What the process that answers, and the pipeline beside it, take of their machine. Pure."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Annotated

import psutil
from msgspec import Meta

from monitoring.events.shape import Count, Moment, Shape

SPAN = 2.0
"""Seconds at least over which the share of a core is taken: whoever asks sooner is told the last one."""


@dataclass
class Process:
    """This process as the system sees it, with the one `beside()` it, where there is one. From any thread."""

    known: psutil.Process = field(default_factory=psutil.Process)
    beside: Callable[[], int | None] = lambda: None
    """The id of the pipeline's process, where this one has started it."""
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _at: float = field(default_factory=monotonic)
    _used: float = 0.0
    _share: float = 0.0

    def __post_init__(self) -> None:
        self._used = self._cpu_of_both()

    @property
    def began(self) -> float:
        """When it began, s since 1970 UTC."""
        return float(self.known.create_time())

    @property
    def rss(self) -> int:
        """Bytes of memory that this process holds."""
        return _rss(self.known)

    @property
    def cpu(self) -> float:
        """Seconds of a core that this process has taken, in user and system."""
        return _cpu(self.known)

    def rss_of_both(self) -> int:
        """Bytes of memory that they hold."""
        return sum(map(_rss, self._both()))

    def _cpu_of_both(self) -> float:
        return sum(map(_cpu, self._both()))

    def _both(self) -> list[psutil.Process]:
        """The other one may be gone at any moment."""
        other = self.beside()
        try:
            return [self.known] if other is None else [self.known, psutil.Process(other)]
        except psutil.NoSuchProcess:
            return [self.known]

    def share(self) -> float:
        """How much of one core they took between the last two looks; above 1 where they use several."""
        now, used = monotonic(), self._cpu_of_both()
        with self._guard:
            if now - self._at >= SPAN:
                self._share = max(0.0, used - self._used) / (now - self._at)  # the other one may have begun anew
                self._at, self._used = now, used
            return self._share


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


the_process = Process()


class ProcessFigures(Shape, frozen=True):
    """The process that answers, and the pipeline beside it."""

    rss_bytes: Count
    cpu_share: Annotated[float, Meta(ge=0, description="Of one core, over the last seconds.")]
    since: Moment


def process_figures() -> ProcessFigures:
    began = datetime.fromtimestamp(the_process.began, UTC).isoformat(timespec="seconds")
    return ProcessFigures(the_process.rss_of_both(), round(the_process.share(), 4), began)
