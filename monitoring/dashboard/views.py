"""Views of the pages: each reads the request, calls one function, and renders a template."""

import logging

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from msgspec import to_builtins

from monitoring.dashboard.about import about
from monitoring.dashboard.access import staff, viewer
from monitoring.dashboard.demo import Demonstration
from monitoring.dashboard.onboarding import is_empty, onboarding
from monitoring.dashboard.session_list import choices, sessions_page
from monitoring.dashboard.sessions_page import known_parameters
from monitoring.people.viewer import Viewer
from monitoring.stats.definitions import for_page
from monitoring.stats.reader import find_session

log = logging.getLogger(__name__)
demonstration = Demonstration()


@require_GET
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The live overview, for staff. Owners are redirected to their own sessions."""
    if not viewer(request).sees_all:
        return redirect("mine")
    url = f"{request.scheme}://{request.get_host()}"
    context = onboarding(url) | {"demo_running": demonstration.running}
    return render(request, "overview.html", defined("overview", "Overview") | {"teach": context})


@require_POST
@login_required
def demo(request: HttpRequest) -> HttpResponse:
    """Start the demonstration traffic, only while there are no events: entries of the journal cannot be removed."""
    staff(request)
    if is_empty():
        demonstration.start()
    return redirect("overview")


@require_GET
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """All sessions, for staff."""
    return _list(request, staff(request), "Sessions", mine=False)


@require_GET
@login_required
def operations(request: HttpRequest) -> HttpResponse:
    """Sources of events, the consistency check and the monitoring's health, live, for staff."""
    staff(request)
    return render(request, "operations.html", defined("operations", "Operations") | about())


@require_GET
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """The viewer's own figures and newest sessions, live."""
    linked = bool(getattr(request.user, "owner_id", ""))
    return render(request, "mine.html", defined("mine", "My sessions") | {"person": linked})


@require_GET
@login_required
def own_sessions(request: HttpRequest) -> HttpResponse:
    """All of the viewer's own sessions. A viewer without roles sees no others."""
    current = viewer(request)
    return _list(request, Viewer(current.name, frozenset(), current.person), "My sessions", mine=True)


@require_GET
@login_required
def usage(request: HttpRequest) -> HttpResponse:
    """Tokens, cost, models and lengths of conversations, for staff."""
    staff(request)
    return render(request, "usage.html", defined("usage", "Usage"))


@require_GET
@login_required
def responses(request: HttpRequest) -> HttpResponse:
    """Response times, for staff."""
    staff(request)
    return render(request, "responses.html", defined("responses", "Responses"))


def defined(page: str, title: str) -> dict[str, object]:
    """The context for `figures.html`: the page's title, and the definitions of its figures."""
    return {"title": title, "definitions": to_builtins(for_page(page))}


def _list(request: HttpRequest, who: Viewer, title: str, mine: bool) -> HttpResponse:
    """The page, or its list alone for a request with `X-Part: list`, with which an open page loads it again."""
    part = request.headers.get("X-Part") == "list"
    further = "before" in known_parameters(request.GET) and request.headers.get("X-Found") != "0"
    context = sessions_page(who, request.GET, mine) | {"title": title, "further": further}
    more = {} if part else choices(mine)
    response = render(request, "parts/sessions-list.html" if part else "sessions.html", context | more)
    response["Vary"] = "Cookie, X-Part"
    return response


@require_GET
@login_required
def session(request: HttpRequest, session_id: str) -> HttpResponse:
    """One session, for staff and its owner. Others get 404, as for a session that does not exist."""
    row = find_session(viewer(request), session_id)
    if row is None:
        raise Http404("no such session")
    stored_id = row.session_id
    return render(request, "session.html", defined("session", stored_id) | {"session_id": stored_id})
