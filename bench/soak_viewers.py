"""Many browsers for a long time: each comes back after its socket was closed, with its cursor, as the page does. To be
run as a program with a file that says who watches what; at SIGTERM it writes what they saw into another."""

import asyncio
import json
import random
import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import uvloop

from bench import viewers
from bench.viewers import AT_ONCE, Viewer, handshake, many_files

LONGEST_PAUSE = 1.5
PATIENCE = 30.0
_POSITION = re.compile(rb'"position":(\d+)')
viewers.KEPT = 1 << 24
"""Whole frames are handed on here."""


@dataclass
class Watching:
    """One person's page: where, what, and its last frame; what was folded where `sample` is set."""

    web: int
    port: int
    cookie: str
    topic: str
    range: str
    sample: bool
    probe: bool
    position: int = -1
    opened: int = 0
    frames: int = 0
    snapshots: int = 0
    last: bytes = b""
    state: dict[str, Any] = field(default_factory=dict)
    arrivals: list[tuple[float, int]] = field(default_factory=list)

    def viewer(self) -> Viewer:
        return Viewer(handshake(self.port, "/ws/live/", self.cookie), self.wish(), self)

    def wish(self) -> bytes:
        known = {"after": self.position} if self.position >= 0 else {}
        return json.dumps({"subscribe": self.topic, "range": self.range} | known, separators=(",", ":")).encode()

    def __call__(self, now: float, frame: bytes) -> None:
        found = _POSITION.search(frame, 0, 200)
        if found is None:
            raise RuntimeError(f"no position at the beginning of a frame: {frame[:200]!r}")
        before, self.position = self.position, int(found[1])
        self.frames += 1
        self.snapshots += frame.startswith(b'{"kind":"snapshot"')
        self.last = frame
        if self.probe and self.position > before:
            self.arrivals.append((now, self.position))
        if self.sample:
            self._fold(json.loads(frame))

    def _fold(self, frame: dict[str, Any]) -> None:
        """As the page does: rows are absolute, a snapshot replaces everything."""
        if frame["kind"] == "snapshot":
            self.state = {"rows": {}}
        self.state |= {name: value for name, value in frame.items() if name not in ("messages", "buckets")}
        rows = {row["id"]: row for row in frame.get("messages", ())} | {
            row["t"]: row for row in frame.get("buckets", ())
        }
        self.state["rows"] |= rows

    def said(self) -> dict[str, Any]:
        names = ("web", "topic", "range", "position", "opened", "frames", "snapshots", "arrivals")
        last = {"last": json.loads(self.last or b"{}"), "rows": list(self.state.get("rows", {}).values())}
        return {name: getattr(self, name) for name in names} | (last if self.sample else {})


async def live(page: Watching, gate: asyncio.Semaphore, ends: Counter[str]) -> None:
    """Open, watch until it is closed, pause, again."""
    loop, chance = asyncio.get_running_loop(), random.Random(page.cookie)
    while True:
        try:
            async with gate:
                made = loop.create_connection(page.viewer, "127.0.0.1", page.port)
                viewer = (await asyncio.wait_for(made, PATIENCE))[1]
                await asyncio.wait_for(viewer.opened, PATIENCE)
            page.opened += 1
            while not viewer.ended:  # noqa: ASYNC110  viewers tell nobody that they ended
                await asyncio.sleep(0.2)
            ends[viewer.ended] += 1
            viewer.close()
        except (OSError, TimeoutError) as error:
            ends[f"not opened: {type(error).__name__}"] += 1
        await asyncio.sleep(chance.uniform(0.1, LONGEST_PAUSE))


async def watch(pages: list[Watching], out: Path) -> None:
    """Until SIGTERM; then what was seen goes to `out`. SIGUSR1 writes it too, and goes on."""
    gate, ends, over = asyncio.Semaphore(AT_ONCE), Counter[str](), asyncio.Event()
    loop = asyncio.get_running_loop()

    def write() -> None:
        spare = out.with_suffix(".new")
        spare.write_text(json.dumps({"pages": [page.said() for page in pages], "ends": ends}))
        spare.replace(out)

    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGUSR1, write)
    tasks = [loop.create_task(live(page, gate, ends)) for page in pages]
    began = monotonic()
    while not over.is_set():
        if broken := [task for task in tasks if task.done()]:
            broken[0].result()
        if monotonic() - began > 2 and all(page.frames for page in pages):
            print("all watch", flush=True)
            began = float("inf")
        try:
            await asyncio.wait_for(over.wait(), 0.5)
        except TimeoutError:
            pass
    write()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    many_files()
    known = json.loads(Path(sys.argv[1]).read_text())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(watch([Watching(**page) for page in known], Path(sys.argv[2])))


if __name__ == "__main__":
    main()
