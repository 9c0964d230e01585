"""What Prometheus is told."""

import logging
from time import time

from django.db import DatabaseError

from monitoring.api.prometheus import Machine, River, text
from monitoring.db.errors import or_mongodb
from monitoring.ingest.http.wiring import the_ingest_app
from monitoring.journal import store as journal
from monitoring.journal.progress import lags
from monitoring.journal.stages import stage_names
from monitoring.live.overview import MINUTE, RESPONSES
from monitoring.live.process import the_process
from monitoring.live.wiring import the_hub
from monitoring.messaging.wiring import the_cache, the_notifier
from monitoring.stats.figures import ACTIVE_SECONDS, ROLES, total, wait_figures
from monitoring.stats.metrics import ERRORS, MESSAGES, RESPONSE_TIME
from monitoring.stats.reader import buckets, count_active

log = logging.getLogger(__name__)


def metrics() -> bytes:
    """The page for Prometheus: this process, and the river if the database answers."""
    try:
        river = the_river(time())
    except or_mongodb(DatabaseError) as error:
        log.warning("metrics without figures, the database does not answer: %s", error)
        river = None
    return text(this_machine(), river)


def this_machine() -> Machine:
    """What this process counts."""
    process, hub = the_process, the_hub()
    sockets = hub.watchers, hub.seats, hub.sent, hub.dropped, hub.turned_away
    cache, bell = the_cache().figures(), the_notifier().figures()
    return Machine(process.rss, process.cpu, process.began, the_ingest_app().figures(), *sockets, cache, bell)


def the_river(now: float) -> River:
    """What the journal and the statistics say at `now` (s since 1970). Seconds and tens of seconds are read, no rows of
    sessions."""
    second = int(now)
    last_minute, last_answers = buckets(1, second - MINUTE, second + 1), buckets(10, second - RESPONSES, second + 1)
    minute, answers = (total(row.counts for row in rows) for rows in (last_minute, last_answers))
    return River(
        journal.size(),
        lags(stage_names()),
        count_active((second - ACTIVE_SECONDS) * 1_000_000, (second + 1) * 1_000_000),
        dict.fromkeys(ROLES, 0) | MESSAGES.read(minute),
        dict.fromkeys(ERRORS.values, 0) | ERRORS.read(minute),
        wait_figures(RESPONSE_TIME.histogram(answers)),
    )
