"""A frame of 1 KB ten times a second to many viewers, beside a bare `websockets` broadcast."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import uvloop

from bench.fanout_server import RATE, read
from bench.figures import Benchmark, Plan, Spec, Values, percentile
from bench.server import Program, free_port
from bench.viewers import connect, ended, handshake, many_files

SERVERS = ("bare", "uvicorn", "daphne")
VIEWERS = (100, 1_000)
SECONDS, SHORT = 6.0, 3.0
LINGER = 1.0
"""Seconds after the last counted frame in which it may still arrive."""


@dataclass(slots=True)
class Seen:
    """What all viewers saw: number of the frame and seconds under way; CPU counts `arrived` in its own window."""

    numbers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __call__(self, now: float, head: bytes) -> None:
        number, sent = read(head)
        self.numbers.append(number)
        self.seconds.append(now - sent)


async def watch(server: Program, viewers: int, seconds: float) -> dict[str, float]:
    """Connect, settle, and count the frames of a window."""
    seen = Seen()
    sockets = await connect(viewers, server.port, handshake(server.port, "/"), b"", seen)
    await asyncio.sleep(1.0)
    began, before = monotonic(), server.cpu()
    first, already = max(seen.numbers, default=0) + 2, len(seen.numbers)
    await asyncio.sleep(seconds)
    took, cpu, arrived = monotonic() - began, server.cpu() - before, len(seen.numbers) - already
    await asyncio.sleep(LINGER)
    lost = ended(sockets)
    for socket in sockets:
        socket.close()
    if lost:
        raise RuntimeError(f"{len(lost)} of {viewers} viewers were cut off: {lost[0]}; {server.words(500)}")
    if arrived == 0:
        raise RuntimeError(f"no frame arrived: {server.words()}")
    return summed(seen, range(first, first + round(seconds * RATE) - 2), viewers) | {
        "cpu": cpu / arrived * 1e6,
        "core": cpu / took * 100,
    }


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
                for viewers in VIEWERS:
                    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                        figures = runner.run(watch(server, viewers, SHORT if plan.short else SECONDS))
                    found |= {f"{name} {viewers} {key}": value for key, value in figures.items()}
    return found


def specs() -> Iterator[Spec]:
    units = {"delivered": "%", "p50": "ms", "p99": "ms", "cpu": "µs CPU a frame"}
    for viewers in VIEWERS:
        for name in SERVERS[1:]:
            for key, unit in units.items():
                label = f"{name}, {viewers:,} viewers, {key}"
                yield Spec(label, f"{name} {viewers} {key}", unit, f"bare {viewers} {key}")


BENCHMARK = Benchmark("fanout", tuple(specs()), measure, seconds=240)
