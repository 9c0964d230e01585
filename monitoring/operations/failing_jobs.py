"""Jobs that fail: as processes leave it, and as it is shown. Pure."""

from msgspec import Struct

from monitoring.events.shape import Moment, Shape


class Failure(Struct, frozen=True):
    """What a process left of a job that fails. Times are µs; an older version left no `until`."""

    job: str = ""
    error: str = ""
    since: int = 0
    at: int = 0
    until: int = 0


class FailingJob(Shape, frozen=True):
    """Something that is done from time to time, and failed when it was done last."""

    name: str
    error: str
    since: Moment
