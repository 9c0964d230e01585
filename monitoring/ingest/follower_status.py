"""The status of the follower of the chat application's MongoDB, as stored and as REST returns it. Pure."""

from dataclasses import dataclass
from time import time

from msgspec import UNSET, UnsetType

from monitoring.events.shape import Count, Moment, Seconds, Shape


@dataclass
class Status:
    """The status that the follower stores. Times are µs since 1970 UTC, 0 if there was none."""

    phase: str = "connecting"
    since: int = 0
    error: str = ""
    read: int = 0
    total: int = 0
    changes: int = 0
    refused: int = 0
    last_change: int = 0
    lag_seconds: float = 0.0

    def enter(self, phase: str) -> None:
        self.phase, self.since = phase, int(time() * 1e6)


class Follower(Shape, frozen=True, kw_only=True):
    """The state of the follower of the chat application's MongoDB. Before its first report only `phase` and `alive` are
    set."""

    phase: str
    alive: bool
    since: Moment | UnsetType | None = UNSET
    error: str | UnsetType = UNSET
    read: Count | UnsetType = UNSET
    total: Count | UnsetType = UNSET
    changes: Count | UnsetType = UNSET
    refused: Count | UnsetType = UNSET
    last_change: Moment | UnsetType | None = UNSET
    lag_seconds: Seconds | UnsetType = UNSET
    seen: Moment | UnsetType = UNSET
