"""Views of the pages: each reads the request, calls one function, and renders a template."""

import logging
from time import time

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from msgspec import to_builtins

from monitoring.alerts.figure import FIGURES
from monitoring.alerts.rules import first_rules, rules
from monitoring.dashboard import documentation
from monitoring.dashboard.about import about
from monitoring.dashboard.access import admin as administrator
from monitoring.dashboard.access import staff, viewer
from monitoring.dashboard.demonstration import demonstration, is_alone, shown_here
from monitoring.dashboard.disclosure import seen_by
from monitoring.dashboard.onboarding import is_empty, onboarding
from monitoring.dashboard.period_report import shown
from monitoring.dashboard.periods import period
from monitoring.dashboard.ranges import Button, default_range, range_buttons
from monitoring.dashboard.session_list import choices, news, sessions_page
from monitoring.dashboard.sessions_page import known_parameters, shared_time
from monitoring.events.shape import encode
from monitoring.ingest.source_names import SOURCE_NAMES
from monitoring.live.attention import REFUSALS
from monitoring.operations.difference import CAUSES
from monitoring.operations.figure_names import FIGURE_NAMES
from monitoring.people.viewer import Viewer
from monitoring.stats.definitions import for_page
from monitoring.stats.reader import find_session, first_hour

log = logging.getLogger(__name__)


@require_GET
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The live overview, for staff. Owners are redirected to their own sessions."""
    current = viewer(request)
    if not current.sees_all:
        return redirect("mine")
    teach = onboarding(f"{request.scheme}://{request.get_host()}", current.is_admin)
    context = {"teach": teach | {"demo_running": demonstration.running}, "ranges": range_buttons("1h")}
    return render(request, "overview.html", defined("overview", "Overview") | context)


@require_http_methods(["GET", "POST"])
@login_required
def demo(request: HttpRequest) -> HttpResponse:
    """The state of the demonstration (GET). Staff start its traffic (POST), only while there are no other events, or no
    other sessions: entries of the journal cannot be removed."""
    if request.method == "GET":
        return HttpResponse(encode(shown_here()), content_type="application/json")
    staff(request)
    if is_empty() or (shown_here().data and is_alone()):
        demonstration.start()
    return redirect("overview")


@require_POST
@login_required
def stop_demo(request: HttpRequest) -> HttpResponse:
    """Stops the demonstration traffic of this server, for staff. Its events remain."""
    staff(request)
    demonstration.stop()
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
    words = {"causes": CAUSES, "refusals": REFUSALS, "source_names": SOURCE_NAMES, "figure_names": FIGURE_NAMES}
    context = about() | words | {"ranges": ranges("7d")}
    return render(request, "operations.html", defined("operations", "Operations") | context)


@require_GET
@login_required
def alerts(request: HttpRequest) -> HttpResponse:
    """Alerts, rules, silences and receivers, live, for staff. Administrators change rules, silences and receivers."""
    staff(request)
    figures = {name: [figure.label, figure.unit] for name, figure in FIGURES.items()}
    return render(request, "alerts.html", {"title": "Alerts", "figures": figures})


@require_GET
@login_required
def rule(request: HttpRequest, rule_id: int | None = None) -> HttpResponse:
    """The form of a rule, new without an id, with its threshold on the figure's past. For administrators."""
    administrator(request)
    known = None if rule_id is None else rules().get(rule_id)
    if rule_id is not None and known is None:
        raise Http404("no such rule")
    figures = {
        name: {"label": one.label, "unit": one.unit, "scopes": dict(one.scopes)} for name, one in FIGURES.items()
    }
    title = known.rule.name if known else "New rule"
    context = {"title": title, "figures": figures, "rule_id": rule_id or "", "shipped": rule_id in first_rules()}
    return render(request, "tune.html", context)


@require_GET
@login_required
def doc(request: HttpRequest, name: str) -> HttpResponse:
    """A page of the documentation, for everybody with a log-in."""
    path = settings.ROOT / "docs" / f"{name}.md"
    if not path.is_file():
        raise Http404("no such page")
    title, text = documentation.page(path)
    return render(request, "doc.html", {"page": title, "text": text})


def admin_log_in(request: HttpRequest) -> HttpResponse:
    """The log-in of the admin is that of all pages. A user without the right gets 403, as on other pages."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied("Admin is for administrators")
    wanted = request.GET.get("next", "")
    inside = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    target = wanted if inside else reverse("admin:index")
    return redirect(target) if request.user.is_authenticated else redirect_to_login(target)


@require_GET
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """The viewer's own figures and newest sessions, live."""
    linked = bool(getattr(request.user, "owner_id", ""))
    context = {"person": linked, "ranges": range_buttons("28d"), "seen_by": seen_by(viewer(request))}
    return render(request, "mine.html", defined("mine", "My sessions") | context)


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
    return render(request, "usage.html", defined("usage", "Usage") | {"ranges": ranges("28d")})


@require_GET
@login_required
def report(request: HttpRequest) -> HttpResponse:
    """A printable report of a month or a week, for staff."""
    staff(request)
    now = time()
    found = period(request.GET.get("month", ""), request.GET.get("week", ""), now)
    if found is None:
        raise Http404("no such month or week")
    return render(request, "report.html", shown(found, now))


@require_GET
@login_required
def responses(request: HttpRequest) -> HttpResponse:
    """Response times, for staff."""
    staff(request)
    return render(request, "responses.html", defined("responses", "Responses") | {"ranges": ranges("7d")})


def ranges(usual: str) -> list[Button]:
    """The ranges of a page for staff. Of a young database the first is the one that holds all of it."""
    first = first_hour()
    return range_buttons(default_range(usual, None if first is None else time() - first))


def defined(page: str, title: str) -> dict[str, object]:
    """The context for `figures.html`: the page's title, and the definitions of its figures."""
    return {"title": title, "definitions": to_builtins(for_page(page))}


def _list(request: HttpRequest, who: Viewer, title: str, mine: bool) -> HttpResponse:
    """The page; or its list alone for `X-Part: list`, with which an open page loads it again; or what has come since,
    for `X-Part: news`. A time shared with other pages becomes a filter."""
    part = request.headers.get("X-Part", "")
    if part == "news":
        return _varying(JsonResponse(news(who, request.GET, request.headers.get("X-After", ""))))
    if times := shared_time(request.GET):
        return redirect(f"{request.path}{times}")
    further = "before" in known_parameters(request.GET) and request.headers.get("X-Found") != "0"
    context = sessions_page(who, request.GET, mine) | {"title": title, "further": further}
    more = {} if part else choices(who, mine)
    return _varying(render(request, "parts/sessions-list.html" if part else "sessions.html", context | more))


def _varying(response: HttpResponse) -> HttpResponse:
    response["Vary"] = "Cookie, X-Part"
    return response


@require_GET
@login_required
def session(request: HttpRequest, session_id: str) -> HttpResponse:
    """One session, for staff and its owner. Others get 404, as for a session that does not exist."""
    row = find_session(viewer(request), session_id)
    if row is None:
        return render(request, "no-session.html", {"session_id": session_id}, status=404)
    context = {"session_id": row.session_id, "figure_names": FIGURE_NAMES}
    return render(request, "session.html", defined("session", row.session_id) | context)
