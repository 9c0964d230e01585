"""Rules over each session: the figure of a whole session, as far as the statistics know it.

The time of a value is that of the session's last message. A session's duration is known exactly: it passes the
threshold that many seconds after its first message.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from django.conf import settings
from django.db.models import Q

from monitoring.alerts.rule import Rule
from monitoring.alerts.state import COMPARISONS, Firing
from monitoring.stats import models
from monitoring.stats.figures import active_and_idle, dollars, engagement
from monitoring.stats.histogram import quantile
from monitoring.stats.repository import SESSIONS
from monitoring.stats.session import Session

MAX_SESSIONS, MAX_CHANGED = 100_000, 5_000
"""The most sessions that one rule is tried on, those with the newest messages; and that are evaluated at a time."""
NONE: Mapping[str, int] = {}


def _quantile(share: float) -> Callable[[Session], float | None]:
    return lambda session: quantile(session.detail.waits, share)


def _engagement(session: Session) -> float | None:
    return engagement(*active_and_idle(session.detail.gaps, settings.SESSION_IDLE_GAP))


VALUES: dict[str, Callable[[Session], float | None]] = {
    "messages": lambda session: session.message_count,
    "tokens": lambda session: session.total_tokens,
    "cost": lambda session: dollars(session.cost),
    "errors": lambda session: session.failed_messages + session.failed_operations,
    "response_average": lambda session: session.wait_sum / 1e6 / session.responses if session.responses else None,
    "response_p50": _quantile(0.5),
    "response_p90": _quantile(0.9),
    "response_p95": _quantile(0.95),
    "response_p99": _quantile(0.99),
    "error_rate": lambda session: (
        session.failed_messages / session.assistant_messages if session.assistant_messages else None
    ),
    "session_duration": lambda session: session.duration / 1e6,
    "engagement": _engagement,
}
"""The value of each figure for a session; None if it is unknown."""


def sessions_between(rule: Rule, start: float, end: float) -> list[Session]:
    """Returns the sessions whose last message lies in [start, end), s, the newest first."""
    rows = models.Session.objects.filter(last_at__gte=int(start * 1e6), last_at__lt=int(end * 1e6))
    if rule.match is not None:
        rows = rows.filter(session_id=rule.match)
    return SESSIONS.read(rows.order_by("-last_at", "-key")[:MAX_SESSIONS])


def first_session() -> float | None:
    """Returns the time of the first message of the oldest session that is kept, s; None without any."""
    rows = models.Session.objects.filter(last_at__isnull=False).order_by("last_at")
    first = next(iter(rows.values_list("first_at", flat=True)[:1]), None)
    return None if first is None else first / 1e6


def changed_sessions(after: int) -> Iterator[list[Session]]:
    """Yields the sessions with a message that changed after a position, MAX_CHANGED at a time, in the order of their
    changes."""
    rows = models.Session.objects.filter(last_at__isnull=False).order_by("position", "key")
    place = after, 2**62
    while page := SESSIONS.read(
        rows.filter(Q(position__gt=place[0]) | Q(position=place[0], key__gt=place[1]))[:MAX_CHANGED]
    ):
        yield page
        place = page[-1].position, page[-1].key


def breaches(rule: Rule, sessions: Iterable[Session], firing: Mapping[str, int] = NONE) -> list[tuple[str, Firing]]:
    """Returns the firing of each session that breaches the rule, with the session's id. A firing ends when the session
    ends, or when the value passes the clearing threshold. `firing`: the starts (µs) of the firings that have not
    ended, by session id."""
    matching = [session for session in sessions if rule.match in (None, session.session_id)]
    found = [(session.session_id, _firing(rule, session, firing.get(session.session_id))) for session in matching]
    return [(name, one) for name, one in found if one]


def _firing(rule: Rule, session: Session, since: int | None) -> Firing | None:
    value, beyond = VALUES[rule.figure](session), COMPARISONS[rule.comparison]
    last = (session.last_at or 0) / 1e6
    start = _start(rule, session) if since is None else since / 1e6
    if value is not None and beyond(value, rule.threshold if since is None else rule.clearing):
        return Firing(start, None if session.is_open else max(start, last), value)
    return None if since is None else Firing(start, max(start, last), value)


def _start(rule: Rule, session: Session) -> float:
    """The time at which the session breached the rule, s: that of its last message, unless it is known exactly."""
    last = (session.last_at or 0) / 1e6
    if rule.figure == "session_duration" and rule.comparison.startswith(">"):
        return min((session.first_at or 0) / 1e6 + max(0.0, rule.threshold), last)
    return last
