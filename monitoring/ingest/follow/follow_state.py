"""Where the follower stands, as it is kept between two runs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bson import json_util
from bson.codec_options import DatetimeConversion

from monitoring.ingest.sources.cloud_event import write_time

ANY_TIME = json_util.DEFAULT_JSON_OPTIONS.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
"""What no date of Python can hold breaks no place either."""


@dataclass
class FollowState:
    """`token`: the changes behind it are still to be read. `after`: the last `_id` of each collection's history.
    `done`: collections whose history is read. `polled`: per collection the time up to which changes were asked for,
    where there is no stream of them. `open`: answers that were pending when they were seen last, by `_id`: what is
    needed to finish one whose document is deleted before anybody can look at its last change."""

    token: Any = None
    after: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    polled: dict[str, datetime] = field(default_factory=dict)
    open: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "token": json_util.dumps(self.token),
            "after": json_util.dumps(self.after),
            "done": self.done,
            "polled": {name: write_time(moment) for name, moment in self.polled.items()},
            "open": json_util.dumps(self.open),
        }


def read(state: Mapping[str, Any]) -> FollowState:
    """The place again; the beginning where nothing was kept."""
    if not state:
        return FollowState()
    polled = {name: datetime.fromisoformat(text).astimezone(UTC) for name, text in state["polled"].items()}
    token, after, pending = (json_util.loads(state[name], json_options=ANY_TIME) for name in ("token", "after", "open"))
    return FollowState(token, after, list(state["done"]), polled, pending)
