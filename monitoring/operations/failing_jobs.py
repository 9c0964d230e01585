"""Failing jobs: as stored by each process, and as shown. Pure."""

from msgspec import Struct

from monitoring.events.shape import Moment, Shape


class Failure(Struct, frozen=True):
    """A failing job, as stored by a process. Times are µs. Older versions stored no `until`."""

    job: str = ""
    error: str = ""
    since: int = 0
    at: int = 0
    until: int = 0


class FailingJob(Shape, frozen=True):
    """A periodic job whose last run failed."""

    name: str
    error: str
    since: Moment
