"""Deletion of log-ins (Django's sessions) that have expired or are too many. Django itself deletes none."""

from django.contrib.sessions.models import Session as LogIn
from django.utils import timezone

MAX_LOG_INS = 10_000


def clear_log_ins(maximum: int = MAX_LOG_INS) -> int:
    """Deletes expired log-ins, and those that expire first above `maximum`. Returns the number of deleted log-ins."""
    deleted, _ = LogIn.objects.filter(expire_date__lte=timezone.now()).delete()
    surplus = list(LogIn.objects.order_by("-expire_date").values_list("session_key", flat=True)[maximum:])
    for start in range(0, len(surplus), 500):
        deleted += LogIn.objects.filter(session_key__in=surplus[start : start + 500]).delete()[0]
    return deleted
