"""The demonstration of this server: its process, and what pages say of it."""

from time import time

from django.conf import settings

from monitoring.dashboard.demo import Demonstration, Shown, shown
from monitoring.stats.reader import has_session_beside

demonstration = Demonstration()
DAY = 86_400
SIMULATED = "demo-"
"""The beginning of the ids of simulated sessions."""


def shown_here() -> Shown:
    keep = settings.STATISTICS_RETENTION_DAYS * DAY
    return shown(settings.DEMO_FILE, demonstration.running, time(), keep)


def is_alone() -> bool:
    """Returns whether all sessions are simulated. Beside others no traffic is started: figures are of both together."""
    return not has_session_beside(SIMULATED)
