"""Broadcasts frames to the sockets of this process. Pure. A given function makes frames; subscribers send them.

Rows in frames are absolute, so a frame that reaches further back than a subscriber needs does no harm: one frame, made
for the subscriber that is furthest behind, serves all. A subscriber that is still sending its last frame is skipped,
and gets the next one. A subscriber that is very far behind gets a snapshot."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Coroutine, Generator, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from types import coroutine
from typing import NamedTuple, TypeVar, TypeVarTuple

from monitoring.live.subscriber import Frame, Subscriber, Subscription
from monitoring.live.topics import OVERVIEW, Topic, is_clocked, is_scoped

log = logging.getLogger(__name__)
T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
ROUND_INTERVAL = 0.175
"""Seconds between two rounds."""
UNMOVED_INTERVAL = 0.01
"""Seconds to the next round after one that found the statistics where they were: another stage was announced first."""
POLL_INTERVAL = 0.5
"""Seconds between two queries of the position without an announcement."""
EARLY_SECONDS = 0.05
"""A topic's frame may be this much earlier than its interval, so that it need not wait for the next round."""
TICK_INTERVAL = 5.0
"""Seconds after which a frame is sent without an event: some figures depend on the clock."""
RECHECK_INTERVAL = 2.0
"""Seconds between two checks of the subscribers' permissions."""
SEND_TIMEOUT = 20.0
"""Seconds to send a frame, after which a subscriber is dropped."""
SUBSCRIBE_TIMEOUT = 10.0
"""Seconds that a socket may be open before it subscribes."""
FRAME_THREADS = 2
"""Threads that make frames, beside one for the overview's frames; and as many for opening sockets."""
MIN_UNSUBSCRIBED = 100
"""Sockets that may be open without a subscription, however low `max_connections` is."""

STAFF_FACTOR = 10
"""Staff may have this many times more sockets of one user: wall displays share one log-in."""

TOO_SLOW = 4503
"""Close code "try again later". Daphne replaces the registered code 1013 by 1011: applications may not send it."""
TOO_MANY, UNSUBSCRIBED = 4429, 4408
"""Close codes: the user has too many sockets; the socket did not subscribe in time."""


class Reached(NamedTuple):
    """The progress of the statistics: the checkpoint's position and version, the time of the newest event (µs since
    1970, 0: none), and the lag in seconds."""

    position: int
    version: int
    at: int
    lag: float


@dataclass
class Hub:
    """Sends each topic's frames to its subscribers. The functions that it is given may block; they run in threads.

    `reached()` is queried once for all frames of a round. `make(topic, after, reached)` returns a Frame (after None: a
    snapshot). `close_codes(subscriptions)` returns the close codes of those that are no longer allowed.
    `moved(since, topics)` returns those scoped topics that changed after a position, with the position of the last
    change.
    """

    make: Callable[[Topic, int | None, Reached], Frame]
    reached: Callable[[], Reached]
    close_codes: Callable[[Iterable[Subscription]], dict[Subscription, int]]
    moved: Callable[[int, Collection[Topic]], dict[Topic, int]] = lambda since, topics: {}
    max_connections: int = 10_000
    """Sockets that may be open at the same time; a tenth of them is reserved for staff."""
    max_user_connections: int = 20
    """Sockets that one user may have open; staff may have STAFF_FACTOR times as many in addition."""
    frame_interval: Callable[[Topic], float] = lambda topic: ROUND_INTERVAL
    """The shortest time between two frames of a topic, s."""
    dropped: int = 0
    sent: int = 0
    rejected: int = 0
    _connected: set[Subscriber] = field(default_factory=set)
    _connections_of: Counter[tuple[int, bool]] = field(default_factory=Counter)
    _unsubscribed: set[Subscriber] = field(default_factory=set)
    _topics: dict[Topic, set[Subscriber]] = field(default_factory=lambda: defaultdict(set))
    _sent_at: dict[Topic, float] = field(default_factory=dict)
    _moved: dict[Topic, int] = field(default_factory=dict)
    """The position of the last known change of each session-scoped topic."""
    _making: set[Topic] = field(default_factory=set)
    """Topics of which a frame is being made."""
    _rounds: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "rounds"))
    """For the queries of a round."""
    _openings: Executor = field(default_factory=lambda: ThreadPoolExecutor(FRAME_THREADS, "openings"))
    """For the permissions and the first frame of a socket that opens."""
    _overviews: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "overviews"))
    _frames: Executor = field(default_factory=lambda: ThreadPoolExecutor(FRAME_THREADS, "frames"))
    _seen: int = 0
    """The position of the last round, or of the first subscriber's frame: no subscriber lacks what came before."""
    _loop: asyncio.AbstractEventLoop | None = None
    _task: "asyncio.Task[None] | None" = None
    _woken: asyncio.Event | None = None
    _checked: float = 0.0
    _ticked: float = 0.0
    _due: float = inf
    """When the first of the topics that are behind may have its next frame."""
    _failing: "set[Topic | None]" = field(default_factory=set)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def subscribers(self) -> int:
        return sum(map(len, self._topics.values()))

    @property
    def busy(self) -> int:
        """Subscribers that are still sending a frame."""
        return sum(subscriber.busy for subscribers in self._topics.values() for subscriber in subscribers)

    @property
    def connections(self) -> int:
        """Open sockets."""
        return len(self._connected)

    @property
    def unsubscribed(self) -> int:
        """Open sockets that have not subscribed yet."""
        return len(self._unsubscribed)

    @property
    def max_unsubscribed(self) -> int:
        return max(MIN_UNSUBSCRIBED, self.max_connections // 10)

    @property
    def largest_user(self) -> int:
        """The largest number of open sockets of one user, without those admitted as staff."""
        return max((count for (_, is_staff), count in self._connections_of.items() if not is_staff), default=0)

    def acquire(self, subscriber: Subscriber, is_staff: bool) -> int:
        """Acquire a connection. Returns 0, or the close code at a limit. Owners never take those reserved for staff."""
        subscriber.is_staff = is_staff
        if self._connections_of[subscriber.quota] >= self.max_user_connections * (STAFF_FACTOR if is_staff else 1):
            return TOO_MANY
        if self.connections >= self.max_connections - (0 if is_staff else self.max_connections // 10):
            return TOO_SLOW
        if self.unsubscribed >= self.max_unsubscribed and not is_staff:
            return TOO_SLOW
        self._ensure_running()
        self._connected.add(subscriber)
        self._connections_of[subscriber.quota] += 1
        self._unsubscribed.add(subscriber)
        return 0

    def mark_subscribed(self, subscriber: Subscriber) -> None:
        """Note that the socket has sent a subscription in time."""
        self._unsubscribed.discard(subscriber)

    def release(self, subscriber: Subscriber) -> None:
        """Unsubscribe, and release the connection. Further calls do nothing."""
        self.unsubscribe(subscriber)
        self._unsubscribed.discard(subscriber)
        if subscriber in self._connected:
            self._connected.discard(subscriber)
            self._connections_of[subscriber.quota] -= 1
            if not self._connections_of[subscriber.quota]:
                del self._connections_of[subscriber.quota]

    def announce(self) -> None:
        """Start a round, because a stage has advanced. Thread-safe."""
        loop, woken = self._loop, self._woken
        if loop and woken and not loop.is_closed():
            loop.call_soon_threadsafe(woken.set)

    async def subscribe(self, subscriber: Subscriber, topic: Topic, after: int | None) -> None:
        """Send the first frame, and keep the subscriber up to date. It must have acquired a connection. A new topic
        replaces the old one."""
        self._ensure_running()
        self.mark_subscribed(subscriber)
        self.unsubscribe(subscriber)
        subscriber.topic = topic
        frame = await self.run(lambda: self.make(topic, after, self.reached()))
        if subscriber.topic != topic:
            return
        subscriber.cursor = frame.position
        try:
            await subscriber.send(frame.message)
        except Exception as error:
            log.info("a socket closed before its first frame: %s", error)
            self.unsubscribe(subscriber)
            return
        if subscriber.topic == topic:
            if not self._topics:
                self._seen = frame.position  # without subscribers there were no rounds
            self._topics[topic].add(subscriber)
            await self._check_moved([topic], frame.position)

    async def run(self, function: Callable[[*Arguments], T], *args: *Arguments) -> T:
        """Call a blocking function for one socket, in threads that delay no frame and no event."""
        return await self._in(self._openings, function, *args)

    async def _check_moved(self, topics: Iterable[Topic], since: int) -> None:
        """Note which scoped topics have changed after a position."""
        scoped = [topic for topic in topics if is_scoped(topic)]
        if scoped and since != self._seen:
            for topic, position in (await self._in(self._rounds, self.moved, since, scoped)).items():
                if topic in self._topics:  # its last subscriber may have left since
                    self._moved[topic] = min(position, self._seen)  # a partition may be ahead of the stage's position

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Send no more frames to the subscriber. It keeps its connection."""
        if subscriber.topic is None:
            return
        self._topics[subscriber.topic].discard(subscriber)
        if not self._topics[subscriber.topic]:
            del self._topics[subscriber.topic]
            self._sent_at.pop(subscriber.topic, None)
            self._moved.pop(subscriber.topic, None)
            self._failing.discard(subscriber.topic)
        subscriber.topic = None

    def _ensure_running(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._task is None or self._task.done():
            self._loop, self._woken = loop, asyncio.Event()
            self._task = loop.create_task(self._run(self._woken))

    async def _run(self, woken: asyncio.Event) -> None:
        while True:
            try:
                await asyncio.wait_for(woken.wait(), min(POLL_INTERVAL, self._until_tick(), self._until_due()))
            except TimeoutError:
                pass
            woken.clear()
            began, seen = monotonic(), self._seen
            try:
                await self._round()
                self._failing.discard(None)
            except Exception:
                self._fail(None)
            pause = ROUND_INTERVAL if self._topics and self._seen != seen else UNMOVED_INTERVAL
            await asyncio.sleep(max(0.0, min(began + pause - monotonic(), self._until_tick())))

    def _until_tick(self) -> float:
        """Seconds. Ticks lie on a grid, so that their times reveal nothing of other users' activity."""
        return max(0.0, self._ticked + TICK_INTERVAL - monotonic())

    def _until_due(self) -> float:
        """Seconds."""
        return max(0.0, self._due - monotonic())

    async def _round(self) -> None:
        now = monotonic()
        if now - self._checked >= RECHECK_INTERVAL:
            self._checked = now
            await self._recheck()
        self._due = inf
        ticking = now - self._ticked >= TICK_INTERVAL
        if ticking:
            self._ticked = now - (now - self._ticked) % TICK_INTERVAL
        if not self._topics:
            return
        cursors = {
            topic: {subscriber: subscriber.cursor for subscriber in subscribers if not subscriber.busy}
            for topic, subscribers in self._topics.items()
            if topic not in self._making
        }
        reached = await self._in(self._rounds, self.reached)  # at least as far as these cursors
        before, self._seen = self._seen, reached.position
        try:
            await self._check_moved(list(self._topics), before)
        except Exception:
            self._seen = before  # the next round queries these changes again
            raise
        for topic, free in cursors.items():
            newest = self._moved.get(topic, 0) if is_scoped(topic) else reached.position
            behind = is_clocked(topic) or any(cursor < newest for cursor in free.values())
            due_at = self._sent_at.get(topic, -SEND_TIMEOUT) + self.frame_interval(topic) - EARLY_SECONDS
            if free and behind and now < due_at:
                self._due = min(self._due, due_at)
            if free and topic in self._topics and (ticking or (behind and now >= due_at)):
                self._sent_at[topic] = now
                self._making.add(topic)
                self._start(self._broadcast(topic, free, reached))

    async def _broadcast(self, topic: Topic, cursors: dict[Subscriber, int], reached: Reached) -> None:
        """Make a topic's next frame, and send it to those whose position has not changed. Other topics do not wait."""
        pool = self._overviews if topic[0] == OVERVIEW else self._frames
        try:
            frame = await self._in(pool, self.make, topic, min(cursors.values()), reached)
            current = self._topics.get(topic, set())
            self.fan_out(frame, [one for one, cursor in cursors.items() if one in current and one.cursor == cursor])
            self._failing.discard(topic)
        except Exception:
            self._fail(topic)
        finally:
            self._making.discard(topic)
            if self._seen > reached.position and self._woken:
                self._woken.set()  # rounds in the meantime skipped this topic

    async def _in(self, pool: Executor, function: Callable[[*Arguments], T], *args: *Arguments) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, function, *args)

    def _fail(self, topic: Topic | None) -> None:
        """Log the current exception of a topic, or of a round (None), once until it works again."""
        if topic not in self._failing:
            name = "a round of frames" if topic is None else f"a frame of {topic[0].partition('/')[0]}"
            log.exception("%s failed; the next one is tried", name)
        if topic is None or topic in self._topics:
            self._failing.add(topic)

    def fan_out(self, frame: Frame, subscribers: list[Subscriber]) -> None:
        """Send one frame to many subscribers. A socket that takes it without waiting costs no task: 0.4 µs of CPU in
        place of 13 µs with a task or a queue for each socket (1,000 sockets, asyncio and uvloop)."""
        message = frame.message
        for subscriber in subscribers:
            subscriber.cursor = frame.position
            sending = subscriber.send(message)
            try:
                waits_for = sending.send(None)
            except StopIteration:
                self.sent += 1
            except Exception:
                self._drop(subscriber)
            else:
                subscriber.busy = True
                self._start(self._finish(subscriber, sending, waits_for))

    async def _finish(self, subscriber: Subscriber, sending: Coroutine[object, None, None], waits_for: object) -> None:
        """Await the rest of a frame whose coroutine has begun and waits for a future."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await _rest(sending, waits_for)
            self.sent += 1
        except Exception:
            self._drop(subscriber)
        finally:
            subscriber.busy = False

    def _drop(self, subscriber: Subscriber) -> None:
        """Close its socket, so that the page reconnects."""
        self.dropped += 1
        self._close(subscriber, TOO_SLOW)

    def _close(self, subscriber: Subscriber, code: int) -> None:
        """Unsubscribe, and close the socket in a task."""
        self.unsubscribe(subscriber)
        subscriber.closing = True
        self._start(_close_socket(subscriber, code))

    def _start(self, work: Coroutine[object, None, None]) -> None:
        """Start a task, and keep a reference: the event loop has only a weak one."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _recheck(self) -> None:
        """Check the permissions of all open sockets, also of those that have not subscribed."""
        subscriptions = {(one.login, one.topic) for one in self._connected if not one.closing}
        if not subscriptions:
            return
        codes = await self._in(self._rounds, self.close_codes, subscriptions)
        deadline = monotonic() - SUBSCRIBE_TIMEOUT
        for subscriber in [one for one in self._connected if not one.closing]:
            code = codes.get((subscriber.login, subscriber.topic), 0)
            if subscriber in self._unsubscribed and subscriber.connected_at < deadline:
                code = code or UNSUBSCRIBED
            if code:
                self._close(subscriber, code)


@coroutine
def _rest(begun: Coroutine[object, None, None], waits_for: object) -> Generator[object, None, None]:
    """The rest of a coroutine that was begun by `send(None)` and yielded `waits_for`."""
    yield waits_for
    yield from begun.__await__()


async def _close_socket(subscriber: Subscriber, code: int) -> None:
    """Close a socket, which may be broken already."""
    try:
        await subscriber.close(code)
    except Exception as error:
        log.info("closing a dropped socket failed: %s", error)
