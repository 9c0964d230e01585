"""The stage `security`: keeps the events that the security pages list, unless SECURITY_EVENT_LOGGING is false."""

from collections.abc import Callable, Sequence

from django.conf import settings

from monitoring.events.record import Record
from monitoring.security import models
from monitoring.security.event import event_of
from monitoring.security.log import save


class SecurityLog:
    """A stage whose state is the rows of the security log. It has one partition."""

    name = "security"
    types = frozenset({"access", "rate_limit", "security"})
    parts = 1
    origins = False
    needs = frozenset[str]()

    def part_of(self, record: Record) -> int:
        return 0

    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
        is_logged = settings.SECURITY_EVENT_LOGGING
        events = [event for record in batch if is_logged and (event := event_of(record))]
        return lambda: save(events), frozenset({0})

    def clear(self) -> None:
        models.SecurityEvent.objects.all().delete()
