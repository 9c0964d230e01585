"""Tells a story to a server: what happens now at once, and between it the past, the newest hour first. Pure."""

from collections.abc import Callable
from operator import attrgetter
from threading import Event
from time import time

from demo.sender import Sender
from demo.state import HOUR, LONGEST_HOURS, State
from demo.traffic import SECOND_MS, Story, Told

BATCH_EVENTS = 2_000
PAUSE = 0.5
"""Seconds between two looks at the clock."""
SAVE_INTERVAL = 5.0
"""Seconds between two notes of the state, once the past was sent."""


class Teller:
    """`hours`: how much past there is before the demonstration began. A session's events are sent in their order: an
    hour becomes live once its past was sent."""

    def __init__(self, story: Story, state: State, sender: Sender, hours: float, stopping: Event) -> None:
        self._story, self._state, self._sender, self._stopping = story, state, sender, stopping
        self._first = state.began - int(hours)
        self._live: dict[int, list[Told]] = {}
        self._newest = state.began
        self._position = self._counted = 0
        self._saved = 0.0
        self.sent = 0

    def run(self, filled: Callable[[], None], clock: Callable[[], float] = time) -> None:
        """Until it is stopped. Calls `filled()` once, when all of the past was sent."""
        began = clock()
        missing = list(self._state.unfinished(self._first, began))
        self._newest = int(began // HOUR)
        for done, hour in enumerate(missing):
            self._tell_past(hour, {"hour": hour, "done": done, "of": len(missing)}, clock)
        if not self._stopping.is_set():
            filled()
        while not self._stopping.wait(PAUSE):
            self._tell_live(clock(), None)
        self._state.save(None, clock())

    def _tell_past(self, hour: int, filling: dict[str, int], clock: Callable[[], float]) -> None:
        """The hour's sessions from where they were told to now; later they are live."""
        now, told = clock(), self._state.told(hour)
        events = [] if self._stopping.is_set() else self._story.hour(hour, self._state.share(hour))
        past = [one for one in events if told < one.at / SECOND_MS <= now and not _is_over(one, now)]
        for start in range(0, len(past), BATCH_EVENTS):
            self._sender.wait_until_counted(self._counted)
            self._counted = self._position  # one batch is on its way while the one before is counted
            self._send(past[start : start + BATCH_EVENTS])
            self._tell_live(clock(), filling)
        if self._stopping.is_set():
            return
        self._state.tell([hour], now)
        if now < (hour + 1 + LONGEST_HOURS) * HOUR:
            self._live[hour] = [one for one in events if one.at / SECOND_MS > now]
        self._tell_live(clock(), filling)

    def _tell_live(self, now: float, filling: dict[str, int] | None) -> None:
        """Sends the events of the live hours that are due since the last call."""
        current = int(now // HOUR)
        for hour in range(self._newest + 1, current + 1):
            self._live[hour] = self._story.hour(hour, self._state.share(hour))
        self._newest = max(self._newest, current)
        due = [one for events in self._live.values() for one in events if one.at / SECOND_MS <= now]
        for start in range(0, len(due), BATCH_EVENTS):
            self._send(sorted(due, key=attrgetter("at"))[start : start + BATCH_EVENTS])
        if self._stopping.is_set():
            return
        self._state.tell(list(self._live), now)
        if filling or now - self._saved >= SAVE_INTERVAL:
            self._state.save(filling, now)
            self._saved = now
        live = {hour: [one for one in events if one.at / SECOND_MS > now] for hour, events in self._live.items()}
        self._live = {hour: events for hour, events in live.items() if events or hour == current}

    def _send(self, told: list[Told]) -> None:
        self._position = self._sender.send([one.event for one in told]) or self._position
        self.sent += len(told)


def _is_over(told: Told, now: float) -> bool:
    """Returns True if a later event, which is past as well, makes it obsolete."""
    return told.replaced is not None and told.replaced / SECOND_MS <= now
