"""What the process that answers takes of its machine. Pure."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import psutil

SPAN = 2.0
"""Seconds at least over which the share of a core is taken: whoever asks sooner is told the last one."""


@dataclass
class Process:
    """This process as the system sees it. From any thread."""

    known: psutil.Process = field(default_factory=psutil.Process)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _at: float = field(default_factory=monotonic)
    _used: float = 0.0
    _share: float = 0.0

    def __post_init__(self) -> None:
        self._used = self.cpu

    @property
    def began(self) -> float:
        """When it began, s since 1970 UTC."""
        return float(self.known.create_time())

    @property
    def rss(self) -> int:
        """Bytes of memory that it holds."""
        return int(self.known.memory_info().rss)

    @property
    def cpu(self) -> float:
        """Seconds of a core that it has taken, in user and system."""
        times = self.known.cpu_times()
        return float(times.user + times.system)

    def share(self) -> float:
        """How much of one core it took between the last two looks; above 1 where it uses several."""
        now, used = monotonic(), self.cpu
        with self._guard:
            if now - self._at >= SPAN:
                self._share = (used - self._used) / (now - self._at)
                self._at, self._used = now, used
            return self._share


the_process = Process()


def process_figures() -> dict[str, Any]:
    """`rss_bytes` it holds, `cpu_share` of one core over the last seconds, `since` when it runs (RFC 3339)."""
    began = datetime.fromtimestamp(the_process.began, UTC).isoformat(timespec="seconds")
    return {"rss_bytes": the_process.rss, "cpu_share": round(the_process.share(), 4), "since": began}
