"""Measures memory and CPU time of this process and of the pipeline's child process. Pure."""

import os
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

    pipeline_pid: Callable[[], int | None] = lambda: None
    """Returns the process id of the pipeline, None if it is no child of this process."""
    began: float = field(default_factory=lambda: float(psutil.Process().create_time()))
    """Start time, s since 1970 UTC."""
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _at: float = field(default_factory=monotonic)
    _used: float = 0.0
    _share: float = 0.0

    def __post_init__(self) -> None:
        self._used = self.cpu

    @property
    def cpu(self) -> float:
        """CPU time of this process, user and system, s."""
        return usage_of(os.getpid())[1]

    def usage_of_both(self) -> tuple[int, float]:
        """Resident memory (bytes) of both processes, and their CPU usage between the last two measurements, as a share
        of one core (above 1 if they use several)."""
        used = [usage_of(pid) for pid in (os.getpid(), self.pipeline_pid()) if pid is not None]
        now, cpu = monotonic(), sum(seconds for _, seconds in used)
        with self._guard:
            if now - self._at >= SAMPLE_SECONDS:
                self._share = max(0.0, cpu - self._used) / (now - self._at)  # a restarted pipeline begins at 0
                self._at, self._used = now, cpu
            return sum(rss for rss, _ in used), self._share


def usage_of(pid: int) -> tuple[int, float]:
    """Resident memory (bytes) and CPU time (s) of a process, which may end at any moment."""
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        return int(process.memory_info().rss), float(times.user + times.system)
    except psutil.NoSuchProcess:
        return 0, 0.0


the_process = Process()


class ProcessFigures(Shape, frozen=True):
    """Memory, CPU usage and start time of the web process; memory and CPU usage include the pipeline's child
    process."""

    rss_bytes: Count
    cpu_share: Annotated[float, Meta(ge=0, description="CPU usage over the last seconds, as a share of one core.")]
    since: Moment


def process_figures() -> ProcessFigures:
    began = datetime.fromtimestamp(the_process.began, UTC).isoformat(timespec="seconds")
    rss, share = the_process.usage_of_both()
    return ProcessFigures(rss, round(share, 4), began)
