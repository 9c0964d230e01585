"""Reads what needs attention, once for all pages and viewers. Work is bounded, and done at most every two seconds."""

from time import time

import msgspec
from django.conf import settings

from monitoring.alerts.store import firing_by_severity
from monitoring.events.shape import Encoded, encode
from monitoring.health.disk import disk_used
from monitoring.ingest.source_state import expected_follower, refused_since
from monitoring.journal.progress import lags
from monitoring.journal.stages import stage_names
from monitoring.live.attention import Attention, Facts, Refused, attention
from monitoring.live.overview import ERROR_WINDOW
from monitoring.messaging.wiring import the_cache
from monitoring.operations.reader import failing_jobs, last_report
from monitoring.stats.figures import total
from monitoring.stats.metrics import ANSWERS, ANSWERS_FAILED
from monitoring.stats.reader import buckets
from monitoring.stats.reports.change import Degradation
from monitoring.stats.reports.operations_report import too_long
from monitoring.stats.reports.responses_report import degradation

CACHE_SECONDS, CHANGE_CACHE_SECONDS = 2, 10
"""Seconds for which the sentences, and the verdict on response times, are cached."""
_read_change = msgspec.json.Decoder(Degradation).decode


def what_needs_attention() -> Encoded[list[Attention]]:
    """Returns the sentences for staff, cached and already encoded."""
    now = time()
    key = "attention", int(now / CACHE_SECONDS)
    return Encoded(the_cache().get_or_set(key, lambda: encode(attention(_facts(now))), CACHE_SECONDS))


def firing_alerts() -> int:
    """Returns the number of alerts that fire, as old as the sentences at most."""
    key = "firing alerts", int(time() / CACHE_SECONDS)
    return int(the_cache().get_or_set(key, lambda: b"%d" % sum(firing_by_severity().values()), CACHE_SECONDS))


def _facts(now: float) -> Facts:
    second = int(now)
    answers = total(row.counts for row in buckets(10, second - ERROR_WINDOW, second + 1, of=(ANSWERS, ANSWERS_FAILED)))
    last = last_report()
    return Facts(
        change=_change(now),
        finished=ANSWERS.sum(answers),
        failed=ANSWERS_FAILED.sum(answers),
        too_long=too_long(now),
        stages=lags(stage_names()),
        jobs=failing_jobs(),
        refused=[Refused(*one) for one in refused_since(int((now - ERROR_WINDOW) * 1e6))],
        consistency=last.report if last else None,
        follower=expected_follower(),
        disk=disk_used(),
        firing=firing_by_severity(),
        is_counted=settings.CHAT_ENABLE_SESSION_STATISTICS,
    )


def _change(now: float) -> Degradation:
    key = "degradation", int(now / CHANGE_CACHE_SECONDS)
    return _read_change(the_cache().get_or_set(key, lambda: encode(degradation(now)), CHANGE_CACHE_SECONDS))
