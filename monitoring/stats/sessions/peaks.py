"""The slowest answer of each session within a stretch of time: what a peak of a chart consists of."""

from collections.abc import Collection

from monitoring.stats import models
from monitoring.stats.message import Message
from monitoring.stats.repository import MESSAGES

MAX_ANSWER_MICROS = 3600 * 10**6
"""The longest time from the start of an answer to its end."""
MAX_READ_MESSAGES = 20_000
"""Maximum number of messages read for one page."""


def slowest_answers(sessions: Collection[int], since: int, until: int) -> dict[int, Message] | None:
    """Returns the slowest answer that was completed in [since, until] (µs) of each of these sessions that has one; None
    if they have too many messages to read."""
    rows = models.Message.objects.filter(
        session__in=list(sessions), at__gte=since - MAX_ANSWER_MICROS, at__lte=until, asked_at__isnull=False
    )
    found: dict[int, Message] = {}
    read = MESSAGES.read(rows.order_by()[: MAX_READ_MESSAGES + 1])
    if len(read) > MAX_READ_MESSAGES:
        return None
    for message in read:
        wait, session = message.wait, message.session
        if wait is None or session is None or not since <= message.done_at <= until:
            continue
        if session not in found or wait > (found[session].wait or 0):
            found[session] = message
    return found
