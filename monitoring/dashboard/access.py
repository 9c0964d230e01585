"""Determines a page's viewer, and restricts pages to staff."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from monitoring.people.users import viewer_of
from monitoring.people.viewer import Viewer


def viewer(request: HttpRequest) -> Viewer:
    """The viewer of a request, queried once per request and stored in it."""
    stored: Viewer | None = getattr(request, "viewer", None)
    if stored is None:
        stored = viewer_of(request.user if request.user.is_authenticated else None)
        request.viewer = stored  # type: ignore[attr-defined]
    return stored


def admin(request: HttpRequest) -> Viewer:
    """The viewer. Raises PermissionDenied if the viewer is no administrator."""
    current = viewer(request)
    if not current.is_admin:
        raise PermissionDenied("this page is for administrators")
    return current


def staff(request: HttpRequest) -> Viewer:
    """The viewer. Raises PermissionDenied if the viewer is not staff."""
    current = viewer(request)
    if not current.sees_all:
        raise PermissionDenied("this page is for operations staff")
    return current
