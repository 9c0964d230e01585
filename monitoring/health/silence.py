"""The silence of each source, from the events by source that heartbeats left. Pure."""

from collections.abc import Callable, Iterable, Sequence

from monitoring.health.reading import EVENTS, HOUR, MINUTE, FiguresRow

DAY = 86_400
OVERLAP = 300
"""Seconds that are read again, since a process saves its minutes up to that much later."""
IRREGULAR = {"files"}
"""Sources of which nobody expects the next event."""


class SilenceMeter:
    """Returns the seconds since the last event of each source that ever sent one, at least 0. A row tells a minute, and
    of events more than a day before the first call an hour. `read(width, start, end)` returns the rows whose slots
    begin in [start, end), `retention` seconds back at most."""

    def __init__(self, read: Callable[[int, int, int], Sequence[FiguresRow]], retention: int) -> None:
        self._read, self._retention = read, retention
        self._heard: dict[str, int] = {}
        self._until: int | None = None

    def __call__(self, now: float) -> dict[str, float]:
        second = int(now)
        if self._until is None:
            self._until = second - DAY
            self._hear(self._read(HOUR, second - self._retention, self._until), HOUR)
        self._hear(self._read(MINUTE, self._until - OVERLAP, second + 1), MINUTE)
        self._until = second
        return {name: max(0.0, round(now - at, 1)) for name, at in self._heard.items()}

    def _hear(self, rows: Iterable[FiguresRow], width: int) -> None:
        for row in rows:
            for name, number in row.counts.items():
                source = name.removeprefix(EVENTS)
                if number and name.startswith(EVENTS) and source not in IRREGULAR:
                    self._heard[source] = max(self._heard.get(source, 0), row.start + width)
