"""The follower's state between two runs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bson import json_util
from bson.codec_options import DatetimeConversion

from monitoring.ingest.sources.cloud_event import write_time

ANY_TIME = json_util.DEFAULT_JSON_OPTIONS.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
"""Decodes dates outside Python's range too."""


@dataclass
class FollowState:
    """`token`: the change stream's resume token. `after`: the last `_id` read of each collection's history. `done`:
    collections whose history is complete. `polled`: without a change stream, the time until which each collection was
    polled. `open`: answers that were pending when last read, by `_id`, with the fields that are needed to finish one
    whose document is deleted before its last change is read."""

    token: Any = None
    after: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    polled: dict[str, datetime] = field(default_factory=dict)
    open: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self) -> dict[str, Any]:
        """Returns the state with values that JSON can encode."""
        return {
            "token": json_util.dumps(self.token),
            "after": json_util.dumps(self.after),
            "done": self.done,
            "polled": {name: write_time(time) for name, time in self.polled.items()},
            "open": json_util.dumps(self.open),
        }


def read_state(state: Mapping[str, Any]) -> FollowState:
    """Decodes a state; an empty one is the initial state."""
    if not state:
        return FollowState()
    polled = {name: datetime.fromisoformat(text).astimezone(UTC) for name, text in state["polled"].items()}
    token, after, pending = (json_util.loads(state[name], json_options=ANY_TIME) for name in ("token", "after", "open"))
    return FollowState(token, after, list(state["done"]), polled, pending)
