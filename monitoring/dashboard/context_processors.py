"""The template context of every page's header and navigation."""

from django.http import HttpRequest

from monitoring.dashboard.access import viewer


def viewer_context(request: HttpRequest) -> dict[str, object]:
    if not hasattr(request, "user"):
        return {}
    user = viewer(request)
    roles = sorted(user.roles)
    return {"viewer": {"name": user.name, "roles": roles, "is_staff_view": user.sees_all, "is_admin": user.is_admin}}
