"""The template context of every page's header and navigation."""

from django.conf import settings
from django.http import HttpRequest

from monitoring.alerts.store import firing_by_severity
from monitoring.dashboard.access import viewer
from monitoring.dashboard.demonstration import is_alone, shown_here


def viewer_context(request: HttpRequest) -> dict[str, object]:
    if not hasattr(request, "user"):
        return {}
    user = viewer(request)
    roles = sorted(user.roles)
    known = {"name": user.name, "roles": roles, "is_staff_view": user.sees_all, "is_admin": user.is_admin}
    shown = {"demonstration": shown_here(), "is_alone": is_alone}  # a page calls it only if it shows the badge
    return {"viewer": known, "limits": limits(), "firing": firing, **shown}


def firing() -> int:
    """The number of alerts that fire. A page calls it only if it shows the rail of staff."""
    return sum(firing_by_severity().values())


def limits() -> dict[str, str]:
    """The limits, s, that charts and tables mark, by the names of the body's attributes. Numbers as JavaScript reads
    them, whatever the language."""
    return {
        "slow": f"{settings.ALERT_HIGH_RESPONSE_TIME:g}",
        "very-slow": f"{settings.MAX_RESPONSE_TIME_ALERT:g}",
        "open": f"{settings.MAX_SESSION_DURATION}",
    }
