"""Alerts as stretches of time: the bands over charts, and the newest that fire. Read once for all who watch."""

from time import time
from typing import cast

from django.db.models import Q

from monitoring.alerts import models
from monitoring.alerts.rows import AlertBands, AlertSpan
from monitoring.alerts.rule import Severity
from monitoring.events.shape import Encoded, encode
from monitoring.messaging.wiring import the_cache

MAX_BANDS, MAX_NEWEST = 100, 10
"""The most alerts of one time that charts show, and of those that fire that every page hears of: the newest."""
DAY, KEPT_SECONDS, NEWEST_SECONDS = 86_400, 60.0, 2


def alert_bands(start: float, end: float, changed: int) -> Encoded[AlertBands]:
    """Returns the alerts that fired in [start, end] (s since 1970). They are read again when an alert has changed
    (`changed`: store.last_change()), and each 10 s, over more than a day each minute, as the window moves on."""
    every = 10 if end - start <= DAY else 60
    first, last = int(start) // every * every, (int(min(end, time())) // every + 1) * every
    key = "alert bands", first, last, changed
    return Encoded(the_cache().get_or_set(key, lambda: encode(bands_of(first, last)), KEPT_SECONDS))


def bands_of(start: int, end: int) -> AlertBands:
    """Returns the newest MAX_BANDS alerts of rules of scope `all` that fired in [start, end) (s since 1970), in order
    of time. What was withdrawn did not happen by the figures that the charts show."""
    still = Q(end__isnull=True) | Q(end__gte=start * 10**6)
    rows = models.Alert.objects.filter(still, scope="", withdrawn=False, start__lt=end * 10**6)
    found = [_span(row) for row in rows.order_by("-start", "-key")[: MAX_BANDS + 1]]
    return AlertBands(found[:MAX_BANDS][::-1], len(found) > MAX_BANDS)


def newest_firing() -> Encoded[list[AlertSpan]]:
    """Returns the newest MAX_NEWEST alerts that fire, of any scope, the newest first, 2 s old at most."""
    key = "newest firing", int(time() / NEWEST_SECONDS)

    def make() -> bytes:
        rows = models.Alert.objects.filter(end__isnull=True).order_by("-start", "-key")
        return encode([_span(row) for row in rows[:MAX_NEWEST]])

    return Encoded(the_cache().get_or_set(key, make, float(NEWEST_SECONDS)))


def _span(alert: models.Alert) -> AlertSpan:
    end = None if alert.end is None else alert.end // 10**6
    severity = cast(Severity, alert.severity)
    return AlertSpan(alert.key, alert.name, alert.figure, alert.scope, severity, alert.start // 10**6, end)
