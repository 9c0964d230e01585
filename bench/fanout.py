"""A frame of 1 KB ten times a second to many viewers, beside a bare `websockets` broadcast."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import uvloop

from bench.fanout_server import RATE, read
from bench.figures import Benchmark, Spec, Values, percentile
from bench.plan import Plan
from bench.server import PATIENCE, Program, free_port
from bench.viewers import connect, ended, handshake, many_files, until

SERVERS = ("bare", "uvicorn", "daphne")
VIEWERS = {"100": (100, 100, 2), "1,000": (1_000, 1_000, 4)}
SECONDS = (3.0, 2.0, 0.5)
SETTLE = (1.0, 1.0, 0.1)
LINGER = (1.0, 1.0, 5.0)
"""Seconds after the window in which its last frame may still arrive."""


@dataclass(slots=True)
class Seen:
    """The frames of all viewers: number of the frame and seconds under way; CPU counts `arrived` in its own window."""

    numbers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __call__(self, now: float, head: bytes) -> None:
        number, sent = read(head)
        self.numbers.append(number)
        self.seconds.append(now - sent)


async def watch(server: Program, viewers: int, plan: Plan) -> dict[str, float]:
    """Connect, settle, and count the frames of a window."""
    seen, seconds = Seen(), plan.of(SECONDS)
    sockets = await connect(viewers, server.port, handshake(server.port, "/"), b"", seen)
    await until(lambda: len(seen.numbers) >= viewers, PATIENCE)
    await asyncio.sleep(plan.of(SETTLE))
    began, before = monotonic(), server.cpu()
    first, already = max(seen.numbers, default=0) + 2, len(seen.numbers)
    window = range(first, first + round(seconds * RATE) - 2)
    await asyncio.sleep(seconds)
    took, cpu, arrived = monotonic() - began, server.cpu() - before, len(seen.numbers) - already
    await until(lambda: seen.numbers.count(window[-1]) == viewers, plan.of(LINGER))
    lost = ended(sockets)
    for socket in sockets:
        socket.close()
    if lost:
        raise RuntimeError(f"{len(lost)} of {viewers} viewers were cut off: {lost[0]}; {server.words(500)}")
    if arrived == 0:
        raise RuntimeError(f"no frame arrived: {server.words()}")
    return summed(seen, window, viewers) | {"cpu": cpu / arrived * 1e6, "core": cpu / took * 100}


def summed(seen: Seen, window: range, viewers: int) -> dict[str, float]:
    """Share of the window's frames that arrived, and ms under way."""
    took = [second for number, second in zip(seen.numbers, seen.seconds, strict=True) if number in window]
    return {
        "delivered": len(took) / (len(window) * viewers) * 100,
        "p50": percentile(took, 0.5) * 1000,
        "p99": percentile(took, 0.99) * 1000,
    }


def measure(plan: Plan) -> Values:
    """One run: every server with every number of viewers."""
    many_files()
    found = dict[str, float]()
    for name in SERVERS:
        with tempfile.TemporaryDirectory(prefix="sbdash-bench-") as directory:
            port = free_port()
            with Program(["-m", "bench.fanout_server", name, str(port)], Path(directory), port) as server:
                for viewers, number in VIEWERS.items():
                    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                        figures = runner.run(watch(server, plan.of(number), plan))
                    found |= {f"{name} {viewers} {key}": value for key, value in figures.items()}
    return found


def specs() -> Iterator[Spec]:
    units = {"delivered": "%", "p50": "ms", "p99": "ms", "cpu": "µs CPU a frame"}
    for viewers in VIEWERS:
        for name in SERVERS[1:]:
            for key, unit in units.items():
                label = f"{name}, {viewers} viewers, {key}"
                yield Spec(label, f"{name} {viewers} {key}", unit, f"bare {viewers} {key}")


BENCHMARK = Benchmark("fanout", tuple(specs()), measure, seconds=85)
