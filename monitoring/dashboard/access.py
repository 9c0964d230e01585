"""Who looks at a page, and what only staff may see."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from monitoring.people.store import viewer_of
from monitoring.people.viewer import Viewer


def viewer(request: HttpRequest) -> Viewer:
    """Who looks at this page; looked up once for the page and its frame."""
    known: Viewer | None = getattr(request, "viewer", None)
    if known is None:
        known = viewer_of(request.user if request.user.is_authenticated else None)
        request.viewer = known  # type: ignore[attr-defined]
    return known


def staff(request: HttpRequest) -> Viewer:
    """The viewer, who must be staff."""
    who = viewer(request)
    if not who.sees_all:
        raise PermissionDenied("this page is for operations staff")
    return who
