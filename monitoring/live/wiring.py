"""Creates this process's hub, connected to the database and the cache."""

from functools import cache
from time import time

from django.conf import settings

from monitoring.db.transactions import reconnect_on_error
from monitoring.live.access import close_codes
from monitoring.live.capacity import capacity_limits
from monitoring.live.frame_builder import make_frame, moved, reached
from monitoring.live.frames import Bound
from monitoring.live.hub import Hub, Reached
from monitoring.live.subscriber import Frame
from monitoring.live.topics import OPERATIONS, Topic, frame_interval
from monitoring.messaging.wiring import the_cache
from sbdash.servers.descriptors import max_sockets

FRAME_CACHE_PERIOD, FRAME_CACHE_SECONDS = 0.5, 1.0
"""Seconds: frames of the same period are shared, and cached this long."""


@cache
def the_hub() -> Hub:
    """The hub, one for each process."""
    limits = max_sockets(settings.LIVE_SOCKETS), settings.LIVE_SOCKETS_PER_USER
    return Hub(
        reconnect_on_error(cached_frame),
        reconnect_on_error(reached),
        reconnect_on_error(close_codes),
        reconnect_on_error(moved),
        *limits,
        frame_interval,
    )


def cached_frame(topic: Topic, after: int | None, so_far: Reached) -> Frame:
    """A frame from the cache, where another thread or process may have put it; its key has all that it depends on."""
    if topic[0] == OPERATIONS:
        return make_frame(topic, after, so_far, _limits)  # not shared: it describes this process
    key = "frame", topic, after, so_far.position, so_far.version, int(time() / FRAME_CACHE_PERIOD)
    encoded = the_cache().get_or_set(
        key, lambda: _encode(make_frame(topic, after, so_far, _limits)), FRAME_CACHE_SECONDS
    )
    return _decode(encoded)


def _limits() -> list[Bound]:
    return capacity_limits(the_hub())


def _encode(frame: Frame) -> bytes:
    return b"%d %s" % (frame.position, frame.text.encode())


def _decode(encoded: bytes) -> Frame:
    position, _, text = encoded.partition(b" ")
    return Frame(text.decode(), int(position))
