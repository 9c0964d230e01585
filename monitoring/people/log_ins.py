"""Log-ins that have ended are forgotten, and the oldest where there are too many: Django itself clears nothing."""

from django.contrib.sessions.models import Session as LogIn
from django.utils import timezone

MOST_LOG_INS = 10_000


def clear_log_ins(most: int = MOST_LOG_INS) -> int:
    """Forget what has ended, and what is more than `most`. How many were forgotten."""
    gone, _ = LogIn.objects.filter(expire_date__lte=timezone.now()).delete()
    more = list(LogIn.objects.order_by("-expire_date").values_list("session_key", flat=True)[most:])
    for start in range(0, len(more), 500):
        gone += LogIn.objects.filter(session_key__in=more[start : start + 500]).delete()[0]
    return gone
