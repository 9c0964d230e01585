"""Measures memory and CPU time of this process and of the pipeline's child process. Pure."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Annotated

import psutil
from msgspec import Meta

from monitoring.events.shape import Count, Moment, Shape

SAMPLE_SECONDS = 2.0
"""The shortest interval over which CPU usage is measured. A call within it returns the last result."""


@dataclass
class Process:
    """This process, and the pipeline's process if this one has started it. Thread-safe."""

    process: psutil.Process = field(default_factory=psutil.Process)
    pipeline_pid: Callable[[], int | None] = lambda: None
    """Returns the process id of the pipeline, None if it is no child of this process."""
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _at: float = field(default_factory=monotonic)
    _used: float = 0.0
    _share: float = 0.0

    def __post_init__(self) -> None:
        self._used = self._cpu_of_both()

    @property
    def began(self) -> float:
        """Start time, s since 1970 UTC."""
        return float(self.process.create_time())

    @property
    def rss(self) -> int:
        """Resident memory of this process, bytes."""
        return _rss(self.process)

    @property
    def cpu(self) -> float:
        """CPU time of this process, user and system, s."""
        return _cpu(self.process)

    def rss_of_both(self) -> int:
        """Resident memory of both processes, bytes."""
        return sum(map(_rss, self._both()))

    def _cpu_of_both(self) -> float:
        return sum(map(_cpu, self._both()))

    def _both(self) -> list[psutil.Process]:
        """The pipeline's process may end at any moment."""
        pid = self.pipeline_pid()
        try:
            return [self.process] if pid is None else [self.process, psutil.Process(pid)]
        except psutil.NoSuchProcess:
            return [self.process]

    def share(self) -> float:
        """CPU usage of both processes between the last two measurements, as a share of one core (above 1 if they use
        several)."""
        now, used = monotonic(), self._cpu_of_both()
        with self._guard:
            if now - self._at >= SAMPLE_SECONDS:
                self._share = max(0.0, used - self._used) / (now - self._at)  # a restarted pipeline begins at 0
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
    """Memory, CPU usage and start time of the web process; memory and CPU usage include the pipeline's child
    process."""

    rss_bytes: Count
    cpu_share: Annotated[float, Meta(ge=0, description="CPU usage over the last seconds, as a share of one core.")]
    since: Moment


def process_figures() -> ProcessFigures:
    began = datetime.fromtimestamp(the_process.began, UTC).isoformat(timespec="seconds")
    return ProcessFigures(the_process.rss_of_both(), round(the_process.share(), 4), began)
