"""Where the follower stands, as it is kept between two runs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bson import json_util

from monitoring.ingest.sources.lines import write_time


@dataclass
class Place:
    """`token`: the changes behind it are still to be read. `after`: the last `_id` of each collection's history.
    `done`: collections whose history is read. `polled`: per collection the time up to which changes were asked for,
    where there is no stream of them."""

    token: Any = None
    after: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    polled: dict[str, datetime] = field(default_factory=dict)

    def write(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "token": json_util.dumps(self.token),
            "after": json_util.dumps(self.after),
            "done": self.done,
            "polled": {name: write_time(moment) for name, moment in self.polled.items()},
        }


def read(state: Mapping[str, Any]) -> Place:
    """The place again; the beginning where nothing was kept."""
    if not state:
        return Place()
    polled = {name: datetime.fromisoformat(text).astimezone(UTC) for name, text in state["polled"].items()}
    token, after = json_util.loads(state["token"]), json_util.loads(state["after"])
    return Place(token, after, list(state["done"]), polled)


@dataclass
class Status:
    """What the operations figures say of the follower. Times are µs since 1970 UTC, 0 where there was none."""

    phase: str = "connecting"
    since: int = 0
    error: str = ""
    read: int = 0
    total: int = 0
    changes: int = 0
    refused: int = 0
    last_change: int = 0
    lag_seconds: float = 0.0
