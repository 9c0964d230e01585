"""One poke a process: who has done something rings, and whoever waits for it hears it, in every process. Pure.

Positions are announced, never data: a ring says a name and who rang, and who hears it looks for itself. So many rings
may become one, and one too many does no harm. Within a process a ring is a call; Redis, or a wire to a process that
this one started, only carries it to the others, and when it is lost, they find what is new by looking.
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any
from uuid import uuid4

from msgspec import Struct

from monitoring.messaging.cache import Amount
from monitoring.messaging.redis_client import client

log = logging.getLogger(__name__)
CONNECT, ANSWER = 1.0, 0.5
"""Seconds that a connection, and what is written or answered on it, may take."""
GAP = 0.005
"""Seconds between two publications: what is rung meanwhile is one."""
LOOK = 0.25
"""Seconds after which the listener looks up from its socket."""
BEAT, PATIENCE = 1.0, 1.5
"""Seconds of silence after which one asks whether Redis is there, and for which one then waits."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0


class NotifierFigures(Struct, frozen=True):
    """Rings here, publications of them, rings heard from others, and how often Redis was lost."""

    connected: bool
    rung: Amount
    published: Amount
    heard: Amount
    lost: Amount


class Notifier:
    """`hear` says what a ring calls. Rings of this process call at once, in the thread that rings; those of others in
    the bell's listening thread, and so does a connection that has just come up: a ring may have been missed. What is
    called must be quick and may not wait for anybody.

    Without a URL there is no thread and nothing to start. What is rung before `start` reaches the others then.
    """

    def __init__(self, url: str = "", prefix: str = "sbdash") -> None:
        self._client: Any = client(url, CONNECT, ANSWER) if url else None
        self._channel, self._me = f"{prefix}:bell", uuid4().hex
        self._hearers: dict[str, tuple[Callable[[], None], ...]] = {}
        self._carriers: tuple[Callable[[str], None], ...] = ()
        self._guard = threading.Lock()
        self._unsaid: set[str] = set()
        self._broken: set[str] = set()
        self._rung = self._published = self._heard = self._lost = 0
        self._hearing = False
        self._poked, self._back, self._stopping = threading.Event(), threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def connected(self) -> bool:
        """Whether the other processes hear us and we hear them."""
        return self._hearing and not self._broken

    def figures(self) -> NotifierFigures:
        return NotifierFigures(self.connected, self._rung, self._published, self._heard, self._lost)

    def subscribe(self, name: str, call: Callable[[], None]) -> None:
        """Have `call()` run whenever anybody rings that name."""
        with self._guard:
            self._hearers[name] = (*self._hearers.get(name, ()), call)

    def publish(self, name: str) -> None:
        """Say that there is something new. From any thread; never waits for Redis, never raises."""
        with self._guard:
            self._rung += 1
            if self._client:
                self._unsaid.add(name)
        if self._client and not self._poked.is_set():
            self._poked.set()
        for tell in self._carriers:
            tell(name)
        self._call(name)

    def carry(self, tell: Callable[[str], None]) -> Callable[[], None]:
        """Have `tell(name)` called for each ring of this process, to carry it to another one; it may neither wait nor
        raise. Returns a function that ends that."""
        with self._guard:
            self._carriers = (*self._carriers, tell)

        def end() -> None:
            with self._guard:
                self._carriers = tuple(one for one in self._carriers if one is not tell)

        return end

    def heard(self, name: str) -> None:
        """Deliver another process's ring; a name that nobody hears here is ignored."""
        if name in self._hearers:
            self._heard += 1
            self._call(name)

    def start(self) -> None:
        """Begin to hear the others, and to be heard by them."""
        if self._client is None or self._threads:
            return
        self._stopping.clear()
        made = [(self._listen, "bell-hears"), (self._speak, "bell-speaks")]
        self._threads = [threading.Thread(target=target, name=name, daemon=True) for target, name in made]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Say what is not said yet, if that is possible; close both connections. Takes 3 s at most."""
        if self._client is None:
            return
        for event in (self._stopping, self._back, self._poked):
            event.set()
        for thread in self._threads:
            thread.join()
        self._threads = []
        self._hearing = False
        self._client.connection_pool.disconnect()

    def _call(self, name: str) -> None:
        for call in self._hearers.get(name, ()):
            try:
                call()
            except Exception:
                log.exception("one who hears %r trips; the others go on", name)

    def _listen(self) -> None:
        """Keep a connection on which the others are heard."""
        pause = 0.0
        while not self._stopping.is_set():
            try:
                self._listen_until_lost()
            except Exception as error:
                pause = FIRST_PAUSE if self._hearing else min(LONGEST_PAUSE, pause * 2 or FIRST_PAUSE)
                self._hearing = False
                self._note("hearing", error)
                self._stopping.wait(pause)

    def _listen_until_lost(self) -> None:
        line = self._client.pubsub()
        try:
            line.subscribe(self._channel)
            asked, told = monotonic(), 0.0
            while not self._stopping.is_set():
                message = line.get_message(timeout=LOOK)
                now = monotonic()
                if message:
                    told = now
                    self._take_in(message)
                elif asked > told and now - asked > PATIENCE:
                    raise TimeoutError(f"no answer within {PATIENCE} s")
                if asked <= told and now - told >= BEAT:
                    line.ping()
                    asked = now
        finally:
            line.close()

    def _take_in(self, message: dict[str, Any]) -> None:
        """What came on the listening connection: that it is up, a ring, or an answer to a ping."""
        if message["type"] == "subscribe":
            for name in list(self._hearers):
                self._call(name)
            self._hearing = True
            self._note("hearing", None)
            self._back.set()
        elif message["type"] == "message":
            who, _, name = message["data"].decode(errors="replace").partition(" ")
            if who != self._me:
                self.heard(name)

    def _speak(self) -> None:
        """Publish what is rung; what could not be said stays to be said."""
        pause = 0.0
        while True:
            self._poked.wait()
            self._poked.clear()
            self._back.clear()
            ending, names = self._stopping.is_set(), self._take()
            try:
                self._publish(names)
            except Exception as error:
                self._put_back(names)
                self._note("speaking", error)
                pause = min(LONGEST_PAUSE, pause * 2 or FIRST_PAUSE)
            else:
                self._note("speaking", None)
                pause = 0.0
            if ending:
                return
            (self._back if pause else self._stopping).wait(pause or GAP)

    def _publish(self, names: set[str]) -> None:
        for name in names:
            self._client.publish(self._channel, f"{self._me} {name}")
            self._published += 1

    def _take(self) -> set[str]:
        with self._guard:
            names, self._unsaid = self._unsaid, set()
        return names

    def _put_back(self, names: set[str]) -> None:
        with self._guard:
            self._unsaid |= names
        self._poked.set()

    def _note(self, line: str, error: Exception | None) -> None:
        """Say once that Redis is lost and once that it is back, whichever connection saw it first."""
        with self._guard:
            before = bool(self._broken)
            (self._broken.add if error else self._broken.discard)(line)
            after = bool(self._broken)
            self._lost += after and not before
        if after and not before:
            log.warning("Redis is lost; what other processes do is found by looking: %s", error)
        elif before and not after:
            log.warning("Redis is back")
