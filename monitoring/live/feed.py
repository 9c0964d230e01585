"""This process's hub, wired to the database."""

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, connections

from monitoring.live.hub import Hub
from monitoring.live.queries import make, position, refused

P = ParamSpec("P")
R = TypeVar("R")


def mending(ask: Callable[P, R]) -> Callable[P, R]:
    """A thread of the hub keeps its connection; one that broke is thrown away, so that the next question mends it."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return ask(*args, **kwargs)
        except DatabaseError:
            connections.close_all()
            raise

    return asked


@cache
def the_hub() -> Hub:
    """One for each process."""
    return Hub(mending(make), mending(position), mending(refused))
