"""Pages: read the request, ask one question, render."""

import logging

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from msgspec import to_builtins

from monitoring.dashboard.about import about
from monitoring.dashboard.access import staff, viewer
from monitoring.dashboard.demo import Demonstration
from monitoring.dashboard.onboarding import is_empty, teach
from monitoring.dashboard.session_list import choices, sessions_page
from monitoring.dashboard.sessions_page import given
from monitoring.people.viewer import Viewer
from monitoring.stats.definitions import for_page
from monitoring.stats.reader import find_session

log = logging.getLogger(__name__)
demonstration = Demonstration()


@require_GET
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The live overview; owners are led to their own sessions."""
    who = viewer(request)
    if not who.sees_all:
        return redirect("mine")
    url = f"{request.scheme}://{request.get_host()}"
    taught = teach(url) | {"demo_running": demonstration.running}
    return render(request, "overview.html", defined("overview", "Overview") | {"teach": taught})


@require_POST
@login_required
def demo(request: HttpRequest) -> HttpResponse:
    """Start the demonstration traffic; only while nothing real is there, for what is in the journal stays there."""
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
    """Where events come from and whether the figures agree, live, for staff."""
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
    """The viewer's own sessions, all of them."""
    who = viewer(request)
    return _list(request, Viewer(who.name, frozenset(), who.person), "My sessions", mine=True)


@require_GET
@login_required
def usage(request: HttpRequest) -> HttpResponse:
    """Tokens, cost, models and how people talk, for staff."""
    staff(request)
    return render(request, "usage.html", defined("usage", "Usage"))


@require_GET
@login_required
def responses(request: HttpRequest) -> HttpResponse:
    """How long people wait, for staff."""
    staff(request)
    return render(request, "responses.html", defined("responses", "Responses"))


def defined(page: str, title: str) -> dict[str, object]:
    """What `figures.html` needs: the page's title, and what every number of it means."""
    return {"title": title, "definitions": to_builtins(for_page(page))}


def _list(request: HttpRequest, who: Viewer, title: str, mine: bool) -> HttpResponse:
    """The page; or, for a page that is there already and asks with `X-Part: list`, its list alone."""
    part = request.headers.get("X-Part") == "list"
    further = "before" in given(request.GET) and request.headers.get("X-Found") != "0"
    context = sessions_page(who, request.GET, mine) | {"title": title, "further": further}
    more = {} if part else choices(mine)
    answer = render(request, "parts/sessions-list.html" if part else "sessions.html", context | more)
    answer["Vary"] = "Cookie, X-Part"
    return answer


@require_GET
@login_required
def session(request: HttpRequest, session_id: str) -> HttpResponse:
    """One session, for staff and its owner. Who may not see it cannot tell whether it exists."""
    found = find_session(viewer(request), session_id)
    if found is None:
        raise Http404("no such session")
    kept = found.session_id
    return render(request, "session.html", defined("session", kept) | {"session_id": kept})
