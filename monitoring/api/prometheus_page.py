"""Collects the metrics for Prometheus."""

import logging
from time import time

from django.db import DatabaseError

from monitoring.alerts.outbox import outbox
from monitoring.alerts.store import firing_by_rule
from monitoring.api.prometheus import DatabaseMetrics, ProcessMetrics, text
from monitoring.db.errors import or_mongodb
from monitoring.health.disk import disk_used
from monitoring.health.reader import latest_silences
from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.journal import store as journal
from monitoring.journal.progress import lags
from monitoring.journal.stages import stage_names
from monitoring.live.overview import RATE_WINDOW, RESPONSE_WINDOW
from monitoring.live.wiring import the_hub
from monitoring.messaging.wiring import the_cache, the_notifier
from monitoring.stats.figures import ACTIVE_SECONDS, ROLES, total, wait_figures
from monitoring.stats.metrics import ERRORS, MESSAGES, RESPONSE_TIME
from monitoring.stats.reader import buckets, count_active

log = logging.getLogger(__name__)


def metrics() -> bytes:
    """Metrics of this process, and of the database if it answers, in Prometheus's text format."""
    try:
        database = database_metrics(time())
    except or_mongodb(DatabaseError) as error:
        log.warning("metrics: only those of the process, the database does not answer: %s", error)
        database = None
    return text(process_metrics(), database)


def process_metrics() -> ProcessMetrics:
    hub = the_hub()
    sockets = hub.subscribers, hub.connections, hub.sent, hub.dropped, hub.rejected
    cache, notifier = the_cache().figures(), the_notifier().figures()
    return ProcessMetrics(the_ingest_app().figures(), *sockets, cache, notifier)


def database_metrics(now: float) -> DatabaseMetrics:
    """Metrics of the journal and the statistics at `now` (s since 1970). Reads buckets of 1 s and 10 s, and no rows of
    sessions."""
    second = int(now)
    last_minute = buckets(1, second - RATE_WINDOW, second + 1)
    last_answers = buckets(10, second - RESPONSE_WINDOW, second + 1)
    minute, answers = (total(row.counts for row in rows) for rows in (last_minute, last_answers))
    return DatabaseMetrics(
        journal.size(),
        lags(stage_names()),
        count_active((second - ACTIVE_SECONDS) * 1_000_000, (second + 1) * 1_000_000),
        dict.fromkeys(ROLES, 0) | MESSAGES.read(minute),
        dict.fromkeys(ERRORS.values, 0) | ERRORS.read(minute),
        wait_figures(RESPONSE_TIME.histogram(answers)),
        firing_by_rule(),
        outbox()._asdict(),
        disk_used(),
        latest_silences(now),
    )
