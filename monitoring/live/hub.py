"""The process-wide broadcaster. Pure. Frames are made by a function it is given, and sent by its watchers.

Rows in frames are absolute, so a frame that reaches further back than a watcher needs does no harm: one frame, made
for the watcher that is furthest behind, serves all. A watcher whose last frame is not yet through is left out and
gets the next one. Who is very far behind gets a snapshot.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol, TypeVar

from monitoring.live.topics import OVERVIEW, Topic, of_some_sessions

log = logging.getLogger(__name__)
T = TypeVar("T")
SHORTEST = 0.175
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
SUBSCRIBE_SECONDS = 10.0
"""Seconds that a socket may be open before it subscribes."""
THREADS = 2
"""Threads that make frames, beside the one that makes those of the overview; and as many for sockets that open."""
MIN_UNSUBSCRIBED = 100
"""Sockets that may be open without a subscription, however few may be open at all."""

STAFF_TIMES = 10
"""Screens on the wall share one log-in."""

TOO_SLOW = 4503
"""The close code "try again later"; of the registry's own, 1013, Daphne makes 1011: an application may not say it."""
TOO_MANY, UNSUBSCRIBED = 4429, 4408
"""The close codes of whoever has as many sockets as one user may, and of a socket that did not subscribe in time."""

Message = dict[str, Any]
"""ASGI's."""


class Reached(Protocol):
    """How far there is something to tell of; asked once for all frames of a round."""

    @property
    def position(self) -> int: ...


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
    """One open socket. `send` takes ASGI messages; `login` says who it is, for the look whether it may still watch;
    `user` is whose sockets are counted together."""

    send: Callable[[Message], Coroutine[Any, Any, None]]
    close: Callable[[int], Awaitable[None]]
    login: Any
    user: int = 0
    topic: Topic | None = None
    cursor: int = 0
    busy: bool = False
    entered: float = field(default_factory=monotonic)
    """When it took its seat, by the monotonic clock."""
    closing: bool = False
    is_staff: bool = False
    """Whether it took a seat of staff."""

    @property
    def seat(self) -> tuple[int, bool]:
        """With whose sockets it is counted."""
        return self.user, self.is_staff


Seat = tuple[Any, Topic | None]
"""A log-in and what it watches."""


@dataclass
class Hub:
    """`reached()` says how far there is something to tell of, `make(topic, after, reached)` gives a Frame (after None:
    a snapshot), `refused(asked)` a close code for each (login, topic) that may not watch, or be there, any more; the
    topic is None before it subscribes. `moved(since, topics)` says in which of these topics, each of some sessions,
    something changed after a position, and at which last. All may block: they run in a thread."""

    make: Callable[[Topic, int | None, Any], Frame]
    reached: Callable[[], Reached]
    refused: Callable[[Iterable[Seat]], dict[Seat, int]]
    moved: Callable[[int, Collection[Topic]], dict[Topic, int]] = lambda since, topics: {}
    most: int = 10_000
    """Sockets that may be open at the same time; a tenth of them is kept for staff."""
    most_of_user: int = 20
    """Sockets of one user among them; whoever is known to be staff may have STAFF_TIMES as many more."""
    pace: Callable[[Topic], float] = lambda topic: SHORTEST
    """Seconds at least between two frames of a topic."""
    dropped: int = 0
    sent: int = 0
    turned_away: int = 0
    _seated: set[Watcher] = field(default_factory=set)
    _of_user: Counter[tuple[int, bool]] = field(default_factory=Counter)
    _unsubscribed: set[Watcher] = field(default_factory=set)
    _topics: dict[Topic, set[Watcher]] = field(default_factory=lambda: defaultdict(set))
    _told: dict[Topic, float] = field(default_factory=dict)
    _moved: dict[Topic, int] = field(default_factory=dict)
    """The position at which a topic of some sessions was last seen to have changed."""
    _making: set[Topic] = field(default_factory=set)
    """Topics whose next frame is made now."""
    _rounds: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "rounds"))
    """Asks what a round wants to know."""
    _openings: Executor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "openings"))
    """Looks up who opens a socket, and makes its first frame."""
    _overviews: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "overviews"))
    _frames: Executor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "frames"))
    _seen: int = 0
    """The position of the last round, or of the first watcher's frame: of what came before nobody has to be told."""
    _loop: asyncio.AbstractEventLoop | None = None
    _task: "asyncio.Task[None] | None" = None
    _poked: asyncio.Event | None = None
    _checked: float = 0.0
    _ticked: float = 0.0
    _failing: "set[Topic | None]" = field(default_factory=set)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def watchers(self) -> int:
        return sum(map(len, self._topics.values()))

    @property
    def busy(self) -> int:
        """Watchers to whom a frame is under way."""
        return sum(watcher.busy for watchers in self._topics.values() for watcher in watchers)

    @property
    def seats(self) -> int:
        """Sockets that are open."""
        return len(self._seated)

    @property
    def unsubscribed(self) -> int:
        """Those of them that have not subscribed yet."""
        return len(self._unsubscribed)

    @property
    def most_unsubscribed(self) -> int:
        return max(MIN_UNSUBSCRIBED, self.most // 10)

    @property
    def largest_user(self) -> int:
        """The most sockets that one user has, who is not known to be staff."""
        return max((count for (_, is_staff), count in self._of_user.items() if not is_staff), default=0)

    def enter(self, watcher: Watcher, is_staff: bool) -> int:
        """Take a seat; 0, or the close code where there is none. Owners never take those that are kept for staff."""
        watcher.is_staff = is_staff
        if self._of_user[watcher.seat] >= self.most_of_user * (STAFF_TIMES if is_staff else 1):
            return TOO_MANY
        if self.seats >= self.most - (0 if is_staff else self.most // 10):
            return TOO_SLOW
        if self.unsubscribed >= self.most_unsubscribed and not is_staff:
            return TOO_SLOW
        self._ensure_running()
        self._seated.add(watcher)
        self._of_user[watcher.seat] += 1
        self._unsubscribed.add(watcher)
        return 0

    def subscribed(self, watcher: Watcher) -> None:
        """It said what it wants to watch."""
        self._unsubscribed.discard(watcher)

    def go(self, watcher: Watcher) -> None:
        """Give the seat back."""
        self.leave(watcher)
        self._unsubscribed.discard(watcher)
        if watcher in self._seated:
            self._seated.discard(watcher)
            self._of_user[watcher.seat] -= 1
            if not self._of_user[watcher.seat]:
                del self._of_user[watcher.seat]

    def announce(self) -> None:
        """A stage has moved. From any thread."""
        loop, poked = self._loop, self._poked
        if loop and poked and not loop.is_closed():
            loop.call_soon_threadsafe(poked.set)

    async def watch(self, watcher: Watcher, topic: Topic, after: int | None) -> None:
        """Send what a new watcher, who has a seat, lacks; then keep it up to date. A new topic replaces the old one."""
        self._ensure_running()
        self.subscribed(watcher)
        self.leave(watcher)
        watcher.topic = topic
        frame = await self.ask(self._first, topic, after)
        if watcher.topic != topic:
            return
        watcher.cursor = frame.position
        try:
            await watcher.send(frame.message)
        except Exception as error:
            log.info("a socket closed before its first frame: %s", error)
            self.leave(watcher)
            return
        if watcher.topic == topic:
            if not self._topics:
                self._seen = frame.position  # nobody has looked since the last one went
            self._topics[topic].add(watcher)
            await self._look_at([topic], frame.position)

    async def ask(self, question: Callable[..., T], *words: Any) -> T:
        """What one socket waits for, asked where it holds up no frame and no event."""
        return await self._in(self._openings, question, *words)

    def _first(self, topic: Topic, after: int | None) -> Frame:
        return self.make(topic, after, self.reached())

    async def _look_at(self, topics: Iterable[Topic], since: int) -> None:
        """Note which of these topics, those of some sessions, have changed after a position."""
        some = [topic for topic in topics if of_some_sessions(topic)]
        if some and since != self._seen:
            for topic, position in (await self._in(self._rounds, self.moved, since, some)).items():
                if topic in self._topics:  # somebody may have left since
                    self._moved[topic] = min(position, self._seen)  # what is counted ahead comes when all are so far

    def leave(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        if watcher.topic is None:
            return
        self._topics[watcher.topic].discard(watcher)
        if not self._topics[watcher.topic]:
            del self._topics[watcher.topic]
            self._told.pop(watcher.topic, None)
            self._moved.pop(watcher.topic, None)
            self._failing.discard(watcher.topic)
        watcher.topic = None

    def _ensure_running(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._task is None or self._task.done():
            self._loop, self._poked = loop, asyncio.Event()
            self._task = loop.create_task(self._run(self._poked))

    async def _run(self, poked: asyncio.Event) -> None:
        while True:
            try:
                await asyncio.wait_for(poked.wait(), min(LOOK, self._until_tick()))
            except TimeoutError:
                pass
            poked.clear()
            began = monotonic()
            try:
                await self._round()
                self._failing.discard(None)
            except Exception:
                self._fail(None)
            await asyncio.sleep(max(0.0, min(began + SHORTEST - monotonic(), self._until_tick())))

    def _until_tick(self) -> float:
        """Seconds. Ticks come on a grid, so that when they come tells nothing of what others do."""
        return max(0.0, self._ticked + TICK - monotonic())

    async def _round(self) -> None:
        now = monotonic()
        if now - self._checked >= RECHECK:
            self._checked = now
            await self._recheck()
        ticking = now - self._ticked >= TICK
        if ticking:
            self._ticked = now - (now - self._ticked) % TICK
        if not self._topics:
            return
        cursors = {topic: self._cursors(topic) for topic in self._topics if topic not in self._making}
        reached = await self._in(self._rounds, self.reached)  # at least as far as these cursors
        before, self._seen = self._seen, reached.position
        try:
            await self._look_at(list(self._topics), before)
        except Exception:
            self._seen = before  # what moved since then is still to be told
            raise
        for topic, free in cursors.items():
            newest = self._moved.get(topic, 0) if of_some_sessions(topic) else reached.position
            behind = any(cursor < newest for cursor in free.values())
            due = behind and now - self._told.get(topic, -SLOWEST) >= self.pace(topic) - HASTE
            if free and topic in self._topics and (ticking or due):
                self._told[topic] = now
                self._making.add(topic)
                self._keep(asyncio.get_running_loop().create_task(self._broadcast(topic, free, reached)))

    def _cursors(self, topic: Topic) -> dict[Watcher, int]:
        """The watchers to whom no frame is under way, and how far each is."""
        return {watcher: watcher.cursor for watcher in self._topics[topic] if not watcher.busy}

    async def _broadcast(self, topic: Topic, cursors: dict[Watcher, int], reached: Reached) -> None:
        """Make a topic's next frame, and send it to whoever is still where it was. Other topics do not wait for it."""
        pool = self._overviews if topic[0] == OVERVIEW else self._frames
        try:
            frame = await self._in(pool, self.make, topic, min(cursors.values()), reached)
            there = self._topics.get(topic, set())
            self.fan_out(frame, [one for one, cursor in cursors.items() if one in there and one.cursor == cursor])
            self._failing.discard(topic)
        except Exception:
            self._fail(topic)
        finally:
            self._making.discard(topic)
            if self._seen > reached.position and self._poked:
                self._poked.set()  # the rounds meanwhile left this topic out

    async def _in(self, pool: Executor, question: Callable[..., T], *words: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, question, *words)

    def _fail(self, what: Topic | None) -> None:
        """Log the exception at hand, which a round or a topic met: once, until it works again."""
        if what not in self._failing:
            name = "a round of frames" if what is None else f"a frame of {what[0].partition('/')[0]}"
            log.exception("%s failed; the next one comes", name)
        if what is None or what in self._topics:
            self._failing.add(what)

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
        self._close(watcher, TOO_SLOW)

    def _close(self, watcher: Watcher, code: int) -> None:
        """Forget it; nobody waits until its socket is closed."""
        self.leave(watcher)
        watcher.closing = True
        self._keep(asyncio.get_running_loop().create_task(_closed(watcher, code)))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        """A loop forgets a task that nobody holds."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _recheck(self) -> None:
        """Every seat is looked at, also of sockets that never subscribed."""
        asked = {(watcher.login, watcher.topic) for watcher in self._seated if not watcher.closing}
        if not asked:
            return
        refused, late = await self._in(self._rounds, self.refused, asked), monotonic() - SUBSCRIBE_SECONDS
        for watcher in [one for one in self._seated if not one.closing]:
            code = refused.get((watcher.login, watcher.topic), 0)
            if watcher in self._unsubscribed and watcher.entered < late:
                code = code or UNSUBSCRIBED
            if code:
                self._close(watcher, code)


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
