"""The lag of a stage behind the journal. Pure."""

from typing import Annotated

from msgspec import Meta

from monitoring.events.shape import Count, Seconds, Shape


class StageLag(Shape, frozen=True):
    """A pipeline stage's position in the journal, and its lag."""

    position: Count
    behind: Annotated[int, Meta(ge=0, description="Entries that the stage has not read.")]
    lag_seconds: Seconds
    stalled_seconds: Annotated[
        float, Meta(ge=0, description="Seconds since the stage last advanced; 0 without unread entries.")
    ]
