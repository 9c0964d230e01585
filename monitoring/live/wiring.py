"""This process's hub, wired to the database."""

from functools import cache
from time import time

from django.conf import settings

from monitoring.db.transactions import reconnect_on_error
from monitoring.live.access import refused
from monitoring.live.capacity import bounds
from monitoring.live.frame_builder import Reached, make, moved, reached
from monitoring.live.frames import Bound
from monitoring.live.hub import Frame, Hub
from monitoring.live.topics import OPERATIONS, Topic, pace
from monitoring.messaging.wiring import the_cache
from sbdash.servers.descriptors import most_sockets

MOMENT, KEPT = 0.5, 1.0
"""Seconds for which a frame speaks of now, and after which nobody asks for it any more."""


@cache
def the_hub() -> Hub:
    """One for each process."""
    seats = most_sockets(settings.LIVE_SOCKETS), settings.LIVE_SOCKETS_PER_USER
    return Hub(
        reconnect_on_error(shared),
        reconnect_on_error(reached),
        reconnect_on_error(refused),
        reconnect_on_error(moved),
        *seats,
        pace,
    )


def shared(topic: Topic, after: int | None, so_far: Reached) -> Frame:
    """A frame that another thread or process may have made for the same moment. Its key says all that it depends on."""
    if topic[0] == OPERATIONS:
        return make(topic, after, so_far, _bounds)  # it speaks of this process
    key = "frame", topic, after, so_far.position, so_far.turn, int(time() / MOMENT)
    return _read(the_cache().get_or_set(key, lambda: _written(make(topic, after, so_far, _bounds)), KEPT))


def _bounds() -> list[Bound]:
    return bounds(the_hub())


def _written(frame: Frame) -> bytes:
    return b"%d %s" % (frame.position, frame.text.encode())


def _read(kept: bytes) -> Frame:
    position, _, text = kept.partition(b" ")
    return Frame(text.decode(), int(position))
