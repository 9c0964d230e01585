"""The progress of a demonstration: a file in DATA_DIR. It saves time only: what is sent twice counts once. Pure."""

import json
import os
from collections.abc import Iterator
from math import exp
from pathlib import Path

from demo.traffic import HOUR_MS, LONGEST_MS, SECOND_MS
from monitoring.dashboard.demo import read

HOUR, DAY_HOURS = HOUR_MS // SECOND_MS, 24
LONGEST_HOURS = LONGEST_MS // HOUR_MS
WHOLE_HOURS = 204
"""Hours before the beginning that are told in full: eight days and a half, so that a week before is whole."""
ROLL_OUT_HOURS = 100
"""Before them the application was new: each so many hours earlier, the share of its sessions is 1/e."""


class State:
    """For each hour, until when (seconds since 1970) its sessions were told, of one story on one server; `began` is the
    hour in which the demonstration began."""

    def __init__(self, path: Path, story: str, now: float) -> None:
        self._path, self._story = path, story
        found = read(path)
        if found.get("story") != story:
            found = {"began": int(now // HOUR), "told": {}}
        self.began: int = found["began"]
        self._told: dict[int, float] = {int(hour): until for hour, until in found["told"].items()}

    def share(self, hour: int) -> float:
        """The part of an hour's sessions that is told."""
        return min(1.0, exp((hour - self.began + WHOLE_HOURS) / ROLL_OUT_HOURS))

    def told(self, hour: int) -> float:
        return self._told.get(hour, 0.0)

    def unfinished(self, first: int, now: float) -> Iterator[int]:
        """The hours from `first` whose sessions may have events until now that were not sent, the newest first."""
        for hour in range(int(now // HOUR), first - 1, -1):
            if self.told(hour) < min(now, (hour + 1 + LONGEST_HOURS) * HOUR):
                yield hour

    def tell(self, hours: list[int], until: float) -> None:
        """Notes that all events of the hours until then were sent."""
        self._told |= dict.fromkeys(hours, until)

    def save(self, filling: dict[str, int] | None, now: float) -> None:
        """Writes the file. `filling` is what pages show of the past that is still to be sent."""
        content = {"story": self._story, "began": self.began, "told": self._told, "filling": filling, "at": now}
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(content))
        os.replace(temporary, self._path)
