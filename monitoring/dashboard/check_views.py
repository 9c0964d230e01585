"""Views of the consistency check that staff ask for on a page: POST starts it, GET answers how far it is."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from monitoring.dashboard.access import staff
from monitoring.events.shape import encode
from monitoring.operations.check_now import check_state, start_check
from monitoring.stats.reader import find_session

ACCEPTED, CONFLICT = 202, 409
"""Status of a POST: the check runs, or another one of its kind does."""


@require_http_methods(["GET", "POST"])
@login_required
def check_all(request: HttpRequest) -> HttpResponse:
    """The check of all sessions, for staff."""
    staff(request)
    return _answer(request, "")


@require_http_methods(["GET", "POST"])
@login_required
def check_one(request: HttpRequest, session_id: str) -> HttpResponse:
    """The check of one session, for staff."""
    row = find_session(staff(request), session_id)
    if row is None:
        raise Http404("no such session")
    return _answer(request, row.session_id)


def _answer(request: HttpRequest, session: str) -> HttpResponse:
    """The state of the check, null before the first. The state of another session's check is not told."""
    status = 200
    if request.method == "POST":
        status = ACCEPTED if start_check(session) else CONFLICT
    found = check_state(bool(session))
    shown = found if found and found.session == session else None
    return HttpResponse(encode(shown), status=status, content_type="application/json")
