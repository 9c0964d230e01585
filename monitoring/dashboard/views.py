"""Pages: read the request, ask one question, render."""

import logging
from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST
from msgspec import to_builtins

from monitoring.api.api import is_silence, problem
from monitoring.dashboard.demo import Demonstration
from monitoring.dashboard.onboarding import is_empty, teach
from monitoring.dashboard.session_list import choices, sessions_page
from monitoring.dashboard.sessions_page import given
from monitoring.people.store import viewer_of
from monitoring.people.viewer import Viewer
from monitoring.stats.definitions import for_page
from monitoring.stats.reader import find_session

log = logging.getLogger(__name__)
demonstration = Demonstration()


def viewer(request: HttpRequest) -> Viewer:
    """Who looks at this page; looked up once for the page and its frame."""
    known: Viewer | None = getattr(request, "viewer", None)
    if known is None:
        known = viewer_of(request.user if request.user.is_authenticated else None)
        request.viewer = known  # type: ignore[attr-defined]
    return known


def viewer_context(request: HttpRequest) -> dict[str, object]:
    """What the frame of every page needs."""
    if not hasattr(request, "user"):
        return {}
    who = viewer(request)
    roles = sorted(who.roles)
    return {"viewer": {"name": who.name, "roles": roles, "is_staff_view": who.sees_all, "is_admin": who.is_admin}}


def staff(request: HttpRequest) -> Viewer:
    """The viewer, who must be staff."""
    who = viewer(request)
    if not who.sees_all:
        raise PermissionDenied("this page is for operations staff")
    return who


class InWords:
    """Middleware: a database that does not answer is said in words, with 503, by every page and by REST."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not is_silence(error):
            return None
        log.error("the database does not answer %r: %s", request.path, error)
        if request.path.startswith("/api/"):
            answer: HttpResponse = problem(request, 503, "the database does not answer; ask again later")
        else:
            answer = HttpResponse(render_to_string("503.html"), status=503)
        answer["Retry-After"] = "5"
        return answer


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
    return render(request, "operations.html", defined("operations", "Operations"))


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
