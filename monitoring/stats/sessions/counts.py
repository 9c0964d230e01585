"""Counts beside the list of sessions, with bounded work: in each state, and what is new since a page was loaded."""

from dataclasses import replace
from typing import NamedTuple

from django.db.models import Count, Q

from monitoring.people.access import visible_to
from monitoring.people.viewer import Viewer
from monitoring.stats import models
from monitoring.stats.sessions.listing import MAX_COUNTED_ROWS, Rows, matching
from monitoring.stats.sessions.query import OUTCOMES, SessionQuery, read_query

MAX_NEWS = 1_000
"""Number of changed sessions above which they are not counted exactly."""


class News(NamedTuple):
    """Sessions of a list that came, and others that changed, since a position. `more`: there are more than counted."""

    new: int
    changed: int
    more: bool


def by_state(viewer: Viewer, now: int) -> dict[str, int]:
    """Returns the number of sessions in each state that the viewer may see, at most MAX_COUNTED_ROWS + 1; `now` in
    µs."""
    if not viewer.sees_all and viewer.person is None:
        return {}
    seen = visible_to(viewer, models.Session.objects.all())
    if viewer.sees_all:
        found = {name: _bounded(seen.filter(outcome=name)) for name in OUTCOMES if name != "failing"}
    else:
        found = dict(seen.order_by().values_list("outcome").annotate(Count("key")))
    low, high = read_query({"state": "active"}, now).awake or (0, 0)
    active = _bounded(seen.filter(open_at__gte=low, open_at__lte=high))
    failing = _bounded(seen.filter(errors__gt=0))
    opened = found.pop("open", 0)
    if opened > MAX_COUNTED_ROWS:  # a difference of cut numbers says nothing
        idle = _bounded(seen.filter(Q(open_at__lt=low) | Q(open_at__gt=high), open_at__gt=0))
    else:
        idle = max(0, opened - active)
    return {"active": active, "idle": idle, **found, "failing": failing}


def news(viewer: Viewer, query: SessionQuery, position: int) -> News:
    """Returns what came into the whole list, and what changed in it, after a position."""
    seen = visible_to(viewer, models.Session.objects.all())
    changed = seen.filter(position__gt=position).order_by("-position")
    keys = list(changed.values_list("key", flat=True)[: MAX_NEWS + 1])
    found = matching(viewer, replace(query, before=None), models.Session.objects.filter(key__in=keys))
    listed = list(found.values_list("key", flat=True))
    new = sum(key > position for key in listed)
    return News(new, len(listed) - new, len(keys) > MAX_NEWS)


def newest_position() -> int:
    """Returns the position of the latest change of any session; 0 without sessions."""
    return models.Session.objects.order_by("-position").values_list("position", flat=True).first() or 0


def _bounded(rows: Rows) -> int:
    return rows.order_by()[: MAX_COUNTED_ROWS + 1].count()
