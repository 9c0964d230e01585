"""The follower's state between two runs. Pure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bson import json_util
from bson.codec_options import DatetimeConversion
from msgspec import Struct

from monitoring.ingest.follow.documents import Document
from monitoring.ingest.sources.cloud_event import write_time

ANY_TIME = json_util.DEFAULT_JSON_OPTIONS.with_options(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
"""Decodes dates outside Python's range too."""


class StoredState(Struct, frozen=True):
    """A FollowState as it is stored: values of BSON in extended JSON. Without values it is the initial state."""

    token: str = "null"  # noqa: S105
    after: str = "{}"
    done: list[str] = []
    polled: dict[str, str] = {}
    open: str = "{}"


@dataclass
class FollowState:
    """`token`: the change stream's resume token. `after`: the last `_id` read of each collection's history. `done`:
    collections whose history is complete. `polled`: without a change stream, the time until which each collection was
    polled. `open`: answers that were pending when last read, by `_id`, with the fields that are needed to finish one
    whose document is deleted before its last change is read."""

    token: Document | None = None
    after: dict[str, object] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    polled: dict[str, datetime] = field(default_factory=dict)
    open: dict[str, Document] = field(default_factory=dict)

    def write(self) -> StoredState:
        token, after, pending = map(json_util.dumps, (self.token, self.after, self.open))
        polled = {name: write_time(time) for name, time in self.polled.items()}
        return StoredState(token, after, self.done, polled, pending)


def read_state(state: StoredState) -> FollowState:
    polled = {name: datetime.fromisoformat(text).astimezone(UTC) for name, text in state.polled.items()}
    token, after, pending = (
        json_util.loads(text, json_options=ANY_TIME) for text in (state.token, state.after, state.open)
    )
    return FollowState(token, after, list(state.done), polled, pending)
