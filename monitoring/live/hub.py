"""The process-wide broadcaster. Pure: frames are made by a function it is given, and sent by its watchers.

Rows in frames are absolute, so a frame that reaches further back than a watcher needs does no harm: one frame, made
for the watcher that is furthest behind, serves all. A watcher whose last frame is not yet through is left out and
gets the next one. Who is very far behind gets a snapshot.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from monitoring.live.topics import Topic

log = logging.getLogger(__name__)
SHORTEST = 0.25
"""Seconds between two frames of a topic."""
LOOK = 0.5
"""Seconds between looks at the position when nobody announces one."""
HASTE = 0.05
"""Seconds by which a round may be early for a topic's pace."""
TICK = 5.0
"""Seconds after which a frame is sent though nothing happened: some figures depend on the clock."""
RECHECK = 2.0
"""Seconds between looks at whether the watchers may still watch."""
SLOWEST = 20.0
"""Seconds that a frame may take to a watcher before it is dropped."""

TOO_SLOW = 4503
"""The close code "try again later"; of the registry's own, 1013, Daphne makes 1011: an application may not say it."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """What is sent, and the position it brings its watchers to."""

    text: str
    position: int

    @property
    def message(self) -> Message:
        """As ASGI sends it; one for all watchers."""
        return {"type": "websocket.send", "text": self.text}


@dataclass(eq=False, slots=True)
class Watcher:
    """One open socket. `send` takes ASGI messages; `login` says who it is, for the look whether it may still watch."""

    send: Callable[[Message], Coroutine[Any, Any, None]]
    close: Callable[[int], Awaitable[None]]
    login: Any
    topic: Topic | None = None
    cursor: int = 0
    busy: bool = False


@dataclass
class Hub:
    """`make(topic, after)` gives a Frame (after None: a snapshot), `position()` the newest position, `refused(logins)`
    a close code for each (login, topic) that may not watch any more. All three may block: they run in a thread."""

    make: Callable[[Topic, int | None], Frame]
    position: Callable[[], int]
    refused: Callable[[Iterable[tuple[Any, Topic]]], dict[tuple[Any, Topic], int]]
    most: int = 10_000
    """Sockets that may be open at the same time."""
    pace: Callable[[Topic], float] = lambda topic: SHORTEST
    """Seconds at least between two frames of a topic."""
    seats: int = 0
    dropped: int = 0
    sent: int = 0
    turned_away: int = 0
    _topics: dict[Topic, set[Watcher]] = field(default_factory=lambda: defaultdict(set))
    _told: dict[Topic, float] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None
    _task: "asyncio.Task[None] | None" = None
    _poked: asyncio.Event | None = None
    _checked: float = 0.0
    _ticked: float = 0.0
    _failing: bool = False
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def watchers(self) -> int:
        return sum(map(len, self._topics.values()))

    @property
    def busy(self) -> int:
        """Watchers to whom a frame is under way."""
        return sum(watcher.busy for watchers in self._topics.values() for watcher in watchers)

    def enter(self) -> bool:
        """Take a seat; False where all are taken."""
        if self.seats >= self.most:
            self.turned_away += 1
            return False
        self.seats += 1
        return True

    def go(self) -> None:
        """Give the seat back."""
        self.seats -= 1

    def announce(self) -> None:
        """A stage has moved. From any thread."""
        loop, poked = self._loop, self._poked
        if loop and poked and not loop.is_closed():
            loop.call_soon_threadsafe(poked.set)

    async def watch(self, watcher: Watcher, topic: Topic, after: int | None) -> None:
        """Send what a new watcher lacks, then keep it up to date. A new topic replaces the old one."""
        self._ensure_running()
        self.leave(watcher)
        watcher.topic = topic
        frame = await asyncio.to_thread(self.make, topic, after)
        if watcher.topic != topic:
            return
        watcher.cursor = frame.position
        await watcher.send(frame.message)
        if watcher.topic == topic:
            self._topics[topic].add(watcher)

    def leave(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        if watcher.topic is None:
            return
        self._topics[watcher.topic].discard(watcher)
        if not self._topics[watcher.topic]:
            del self._topics[watcher.topic]
            self._told.pop(watcher.topic, None)
        watcher.topic = None

    def _ensure_running(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._task is None or self._task.done():
            self._loop, self._poked = loop, asyncio.Event()
            self._task = loop.create_task(self._run(self._poked))

    async def _run(self, poked: asyncio.Event) -> None:
        while True:
            try:
                await asyncio.wait_for(poked.wait(), LOOK)
            except TimeoutError:
                pass
            poked.clear()
            began = monotonic()
            try:
                await self._round()
                self._failing = False
            except Exception:
                if not self._failing:  # said once, and not four times a second
                    log.exception("a round of frames failed; the next one comes")
                self._failing = True
            await asyncio.sleep(max(0.0, began + SHORTEST - monotonic()))

    async def _round(self) -> None:
        now = monotonic()
        if now - self._checked >= RECHECK:
            self._checked = now
            await self._recheck()
        if not self._topics:
            return
        position = await asyncio.to_thread(self.position)
        ticking = now - self._ticked >= TICK
        if ticking:
            self._ticked = now
        for topic, watchers in list(self._topics.items()):
            free = [watcher for watcher in watchers if not watcher.busy]
            behind = any(watcher.cursor < position for watcher in free)
            if ticking or (behind and now - self._told.get(topic, -SLOWEST) >= self.pace(topic) - HASTE):
                self._told[topic] = now
                await self._broadcast(topic, free)

    async def _broadcast(self, topic: Topic, watchers: list[Watcher]) -> None:
        if not watchers:
            return
        frame = await asyncio.to_thread(self.make, topic, min(watcher.cursor for watcher in watchers))
        self.fan_out(frame, [watcher for watcher in watchers if watcher.topic == topic])

    def fan_out(self, frame: Frame, watchers: list[Watcher]) -> None:
        """Send one frame to many. Whoever's socket takes it at once costs no task."""
        message = frame.message
        for watcher in watchers:
            watcher.cursor = frame.position
            sending = watcher.send(message)
            try:
                waits_for = sending.send(None)
            except StopIteration:
                self.sent += 1
            except Exception:
                self._drop(watcher)
            else:
                self._finish_later(watcher, sending, waits_for)

    def _finish_later(self, watcher: Watcher, sending: Coroutine[Any, Any, None], waits_for: Any) -> None:
        watcher.busy = True
        self._keep(asyncio.get_running_loop().create_task(self._finish(watcher, _Rest(sending, waits_for))))

    async def _finish(self, watcher: Watcher, rest: "_Rest") -> None:
        try:
            await asyncio.wait_for(_all(rest), SLOWEST)
            self.sent += 1
        except Exception:
            self._drop(watcher)
        finally:
            watcher.busy = False

    def _drop(self, watcher: Watcher) -> None:
        """Forget it and close its socket, so that its page knows and comes back."""
        self.dropped += 1
        self.leave(watcher)
        self._keep(asyncio.get_running_loop().create_task(_closed(watcher, TOO_SLOW)))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        """A loop forgets a task that nobody holds."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _recheck(self) -> None:
        asked = {(watcher.login, topic) for topic, watchers in self._topics.items() for watcher in watchers}
        if not asked:
            return
        refused = await asyncio.to_thread(self.refused, asked)
        for topic, watchers in list(self._topics.items()):
            for watcher in list(watchers):
                code = refused.get((watcher.login, topic))
                if code:
                    self.leave(watcher)
                    await watcher.close(code)


@dataclass(frozen=True, slots=True)
class _Rest:
    """A coroutine that was begun and waits for something, to be awaited to its end."""

    begun: Coroutine[Any, Any, None]
    waits_for: Any

    def __await__(self) -> Generator[Any, None, None]:
        yield self.waits_for
        yield from self.begun.__await__()


async def _closed(watcher: Watcher, code: int) -> None:
    """Close a socket that may be broken already."""
    try:
        await watcher.close(code)
    except Exception as error:
        log.info("a dropped socket was closed already: %s", error)


async def _all(rest: _Rest) -> None:
    await rest
