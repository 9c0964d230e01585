"""The figures of a soak: from the event to the frame across processes, recovery, memory, CPU, and what was logged."""

import os
import re
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, Protocol

import psutil

from bench.cluster import Cluster
from bench.cluster_parts import Part
from bench.figures import percentile, rounded
from bench.soak_load import SIZE, Load, Post

LOOK, WARM, LONG_ENOUGH = 2.0, 120.0, 90.0
"""Seconds between looks at the memory, until a process is warm, and for which it is watched then at least."""
BEFORE, AFTER = 1.0, 10.0
"""Seconds around a fault that do not count as ordinary."""


class Fault(Protocol):
    """A process that was killed, the time, and the time at which it was back."""

    kind: str
    name: str
    began: float
    back: float


class Memory:
    """Looks at every process all the time: its memory by incarnation, its share of CPU; and at the machine's."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts, self.looks = parts, dict[tuple[str, int], list[tuple[float, float]]]()
        self.cpu: Counter[str] = Counter()
        self.busy, self.load = list[float](), list[float]()
        self.began = time.monotonic()
        self._known: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        psutil.cpu_percent()
        self._thread.start()

    def end(self) -> None:
        if not self._over.is_set():
            self._over.set()
            self._thread.join()
            self.seconds = time.monotonic() - self.began

    def _run(self) -> None:
        while not self._over.wait(LOOK):
            self.busy.append(psutil.cpu_percent())
            self.load.append(os.getloadavg()[0])
            for part in self.parts:
                if part.process and (used := part.memory()):
                    looks = self.looks.setdefault((part.name, part.process.pid), [])
                    looks.append((time.monotonic(), used))
                    self._count(part.name, part.process.pid)
            self._count("sender", os.getpid())

    def _count(self, name: str, pid: int) -> None:
        try:
            family = [psutil.Process(pid), *(psutil.Process(pid).children() if name == "database" else [])]
            for one in family:
                used = sum(one.cpu_times()[:2])
                self.cpu[name] += used - self._known.get(one.pid, 0.0 if one.pid != os.getpid() else used)
                self._known[one.pid] = used
        except psutil.NoSuchProcess:
            pass

    def growth(self) -> Iterator[dict[str, Any]]:
        """For each process that lived long enough: MB in the first and in the last third after it was warm."""
        for (name, pid), looks in self.looks.items():
            warm = [used for at, used in looks if at - looks[0][0] >= WARM]
            if len(warm) * LOOK >= LONG_ENOUGH:
                third = len(warm) // 3
                first, last = median(warm[:third]), median(warm[-third:])
                grown = {"first": rounded(first), "last": rounded(last), "growth": rounded((last / first - 1) * 100)}
                yield {"process": name, "pid": pid, "seconds": round(len(warm) * LOOK)} | grown


def figures(load: Load, faults: Sequence[Fault], seen: Mapping[str, Any], memory: Memory) -> dict[str, Any]:
    """Everything as it goes into the file."""
    posts = sorted(load.posts, key=lambda post: post.began)
    arrivals = [(page["web"], page["arrivals"]) for page in seen["pages"] if page["arrivals"]]
    calm = [post for post in posts if post.began >= memory.began and not _near(post.began, faults)]
    waits = list(_waits(calm, arrivals))
    came = [wait for wait in waits if wait is not None]
    answers = [(post.ended - post.began) * 1000 for post in calm]
    pages = seen["pages"]
    return {
        "events": {
            "acknowledged": len(posts) * SIZE,
            "a second": rounded(len(posts) * SIZE / (posts[-1].ended - posts[0].began)),
            "sent again": load.again,
            "tries that failed": load.failed,
        },
        "event to frame, ms": _spread(came) | {"pairs": len(waits), "never": len(waits) - len(came)},
        "answer, ms": _spread(answers),
        "faults": [_recovery(fault, posts, arrivals) for fault in faults],
        "viewers": {
            "pages": len(pages),
            "frames": sum(page["frames"] for page in pages),
            "snapshots": sum(page["snapshots"] for page in pages),
            "opened": sum(page["opened"] for page in pages),
            "ends": seen["ends"],
        },
        "memory": list(memory.growth()),
        "machine": {
            "cores": os.cpu_count(),
            "busy %": rounded(median(memory.busy)),
            "load": rounded(median(memory.load)),
            "cores used by": {name: rounded(used / memory.seconds) for name, used in memory.cpu.most_common()},
        },
    }


def _near(moment: float, faults: Sequence[Fault]) -> bool:
    return any(fault.began - BEFORE <= moment <= fault.back + AFTER for fault in faults)


Arrivals = Sequence[tuple[int, Sequence[tuple[float, int]]]]


def _waits(posts: Sequence[Post], arrivals: Arrivals) -> Iterator[float | None]:
    """ms from a request's beginning at one web process to the frame at the other; None for one that never came."""
    for web, came in arrivals:
        positions = [position for _, position in came]
        for post in posts:
            if post.web != web:
                place = bisect_left(positions, post.position)
                yield (came[place][0] - post.began) * 1000 if place < len(came) else None


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    return {name: rounded(percentile(values, share)) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def _recovery(fault: Fault, posts: Sequence[Post], arrivals: Arrivals) -> dict[str, Any]:
    """Seconds for which no sender was answered around a fault, and from it until a page showed what came after it."""
    ends = [fault.began, *sorted(post.ended for post in posts if fault.began <= post.ended <= fault.back + 3)]
    gap = max((later - earlier for earlier, later in pairwise(ends)), default=None)
    after = next((post.position for post in posts if post.began >= fault.began), None)
    shown = [next((at for at, position in came if after and position >= after), None) for _, came in arrivals]
    return {
        "what": f"{fault.kind} {fault.name}" if fault.kind not in fault.name else fault.name,
        "away": rounded(fault.back - fault.began),
        "longest without an answer": rounded(gap) if gap is not None else None,
        "until every page showed what came after": rounded(max(at for at in shown if at) - fault.began)
        if shown and all(shown)
        else None,
    }


_ERROR = re.compile(
    r"^(?:[\w.]+(?:Error|Exception|CheckpointConflict|Failed|Full|Warning|Timeout\w*)\b.*)$", re.MULTILINE
)
_LINE = re.compile(r"^\d{4}-\S+ \S+ (WARNING|ERROR|CRITICAL) (.*)$", re.MULTILINE)


def said(cluster: Cluster) -> dict[str, dict[str, int]]:
    """Log lines of each of our processes, counted: lines, and the last lines of tracebacks; numbers are left out."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for name in [*cluster.web, *cluster.workers]:
        words = cluster.parts[name].log.read_text(errors="replace")
        for pattern in (_LINE, _ERROR):
            for match in pattern.finditer(words):
                found[name][
                    re.sub(r"\d+", "N", match[0].split(" ", 2)[-1] if pattern is _LINE else match[0])[:160]
                ] += 1
    return {name: dict(counts.most_common(20)) for name, counts in found.items()}


def table(result: Mapping[str, Any]) -> str:
    """The figures under each other."""
    return "\n".join(f"{group:<20}{name:<22}{value}" for group, name, value in _lines(result))


def _lines(result: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for group in ("asked", "events", "event to frame, ms", "answer, ms", "viewers", "machine"):
        yield from ((group, name, value) for name, value in result.get(group, {}).items())
    for row in result.get("memory", ()):
        grown = f"{row['first']} → {row['last']} MB, {row['growth']} % in {row['seconds']} s"
        yield "memory", row["process"], grown
    for fault in result.get("faults", ()):
        words = [f"{name} {value} s" for name, value in fault.items() if name != "what"]
        yield "fault", fault["what"], ", ".join(words)
    for name, counts in result.get("said", {}).items():
        yield from ((name, f"{count} times", words) for words, count in counts.items())
    for name in ("journal", "rows", "pages", "catching up"):
        yield "compared", name, rounded(result[name]) if name in result else "not"
