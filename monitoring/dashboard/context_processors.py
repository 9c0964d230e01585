"""What the frame of every page needs."""

from django.http import HttpRequest

from monitoring.dashboard.access import viewer


def viewer_context(request: HttpRequest) -> dict[str, object]:
    """What the frame of every page needs."""
    if not hasattr(request, "user"):
        return {}
    who = viewer(request)
    roles = sorted(who.roles)
    return {"viewer": {"name": who.name, "roles": roles, "is_staff_view": who.sees_all, "is_admin": who.is_admin}}
