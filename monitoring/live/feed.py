"""This process's hub, wired to the database."""

from functools import cache

from monitoring.journal.store import mending
from monitoring.live.hub import Hub
from monitoring.live.queries import make, position, refused


@cache
def the_hub() -> Hub:
    """One for each process."""
    return Hub(mending(make), mending(position), mending(refused))
