"""How far a stage is behind the journal. Pure."""

from typing import Annotated

from msgspec import Meta

from monitoring.events.shape import Count, Seconds, Shape


class StageLag(Shape, frozen=True):
    """How far a stage of the pipeline has read the journal."""

    position: Count
    behind: Annotated[int, Meta(ge=0, description="Entries.")]
    lag_seconds: Seconds
    stalled_seconds: Annotated[float, Meta(ge=0, description="For how long it has not moved though entries waited.")]
