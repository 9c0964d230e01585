"""Memory and CPU of the real server when nothing happens, beside the same server with an application of one line."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.figures import Benchmark, Spec, Values
from bench.frames import WISH
from bench.plan import Plan
from bench.server import PATIENCE, Program, Server, free_port
from bench.viewers import connect, ended, handshake, until

SECONDS = (5.0, 4.0, 0.3)
"""Of each window."""
SETTLE = (3.0, 3.0, 0.1)


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """The application of one line."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})


def bare_command(server: str, port: int) -> list[str]:
    if server == "daphne":
        return ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), "bench.rest:hello"]
    return ["-m", "uvicorn", "--log-level", "warning", "--lifespan", "off", "--port", str(port), "bench.rest:hello"]


def at_rest(programs: Sequence[Program], seconds: float) -> list[tuple[float, float]]:
    """(% of a core, MB) of each over a window."""
    before, began = [program.cpu() for program in programs], time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    return [
        ((program.cpu() - cpu) / took * 100, program.memory()) for program, cpu in zip(programs, before, strict=True)
    ]


async def watched(server: Server, plan: Plan) -> tuple[float, float]:
    """The same with one viewer of the overview."""
    frames = list[bytes]()
    hello_bytes = handshake(server.port, "/ws/live/", server.log_in())
    viewers = await connect(1, server.port, hello_bytes, WISH, lambda now, head: frames.append(head))
    await until(lambda: frames, PATIENCE)
    await asyncio.sleep(plan.of(SETTLE))
    found = (await asyncio.to_thread(at_rest, [server], plan.of(SECONDS)))[0]
    if not frames or ended(viewers):
        raise RuntimeError(f"{len(frames)} frames; {ended(viewers)}; {server.words()}")
    viewers[0].close()
    return found


def measure(plan: Plan) -> Values:
    """One run: idle, beside the bare server in the same window, then with a viewer."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="sbdash-bench-") as directory,
        Program(bare_command(plan.server, port), Path(directory), port) as bare,
        plan.services.server(plan.server) as server,
    ):
        time.sleep(plan.of(SETTLE))
        idle, line = at_rest([server, bare], plan.of(SECONDS))
        viewer = asyncio.run(watched(server, plan))
    return {
        "cpu": idle[0],
        "memory": idle[1],
        "bare cpu": line[0],
        "bare memory": line[1],
        "viewer cpu": viewer[0],
        "viewer memory": viewer[1],
    }


BENCHMARK = Benchmark(
    "rest",
    (
        Spec("memory, idle", "memory", "MB", "bare memory"),
        Spec("memory, one viewer", "viewer memory", "MB", "bare memory"),
        Spec("CPU, idle", "cpu", "% of a core", "bare cpu"),
        Spec("CPU, one viewer", "viewer cpu", "% of a core", "bare cpu"),
    ),
    measure,
    seconds=65,
)
