"""One page of the list of sessions, out of millions, in bounded work.

A page walks along one index, from its place on, stretch by stretch. The filters are asked of the rows of one stretch
alone, until the page is full, the list ends, or the time is spent: then the page is short and says where
to go on. Where one filter by itself leaves few sessions, its own index is taken, and those few are put in order here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from time import perf_counter
from typing import Any

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, StrIndex

from monitoring.events.ids import short
from monitoring.people.access import visible_to
from monitoring.people.viewer import Viewer
from monitoring.recording.record import kept_id
from monitoring.stats import models, repository
from monitoring.stats.bucket import DAY
from monitoring.stats.errors import Unclear
from monitoring.stats.metrics import MODEL_MESSAGES
from monitoring.stats.model_names import barred
from monitoring.stats.reader import buckets
from monitoring.stats.session import Session
from monitoring.stats.sessions.keyset import HIGHEST, LOWEST, Range, RowCursor, Span, Tie, after, split
from monitoring.stats.sessions.query import Owner, SessionQuery, owner_of

BUDGET = 0.06
"""Seconds after which a page ends with what it has found."""
FIRST, SMALLEST, LARGEST = 1_000, 500, 20_000
"""Rows of the first stretch, and of any other."""
MOST_EXAMINED = 100_000
"""Rows of the index that a page looks at."""
FEW = 4_000
"""Sessions that are put in order here when one filter leaves no more."""
MODELS_SINCE = 28
"""Days of which the models are known by name."""
_SESSION = [one.name for one in fields(Session)]
EMPTIED = Q(left_position__gt=0, message_count=0, failed_operations=0, declared_at=None)
"""A session that only its messages told of, and that all of them left for another: its name was a guess."""
_WORD = Coalesce("outcome", Value("", TextField()))
Rows = QuerySet[models.Session, Any]


@dataclass(slots=True)
class Page:
    """`following` is the place after which the next page begins; None at the end of the list."""

    sessions: list[Session] = field(default_factory=list)
    following: RowCursor | None = None
    examined: int = 0


@dataclass(frozen=True, slots=True)
class Path:
    """A way along an index: equal columns first, then the order's column within a range, then the key."""

    column: str
    down: bool
    equal: Mapping[str, object] = field(default_factory=dict)
    range: Range = field(default_factory=Range)
    bounded: bool = False

    def spans(self, place: RowCursor | None) -> list[Span]:
        whole: list[Span] = [self.range] if self.bounded else [self.range, Tie()]
        return after(whole, place, self.down)

    def rows(self, span: Span, rows: Rows) -> Rows:
        """The rows of a span, in order."""
        sign = "-" if self.down else ""
        found = rows.filter(**self.equal, **span.where(self.column))
        return found.order_by(f"{sign}{self.column}", f"{sign}key")


def page(viewer: Viewer, asked: SessionQuery, budget: float = BUDGET, most: int = MOST_EXAMINED) -> Page:
    """One page for this viewer; `budget` in s, `most` rows to look at."""
    asked, exact = _searched(viewer, asked)
    if exact is not None:
        found = _matching(viewer, asked).filter(key=exact)
        return Page(_sessions(found) if asked.before is None else [], None, 1)
    if not viewer.sees_all:
        if viewer.person is None or asked.owner not in (None, Owner(viewer.person)):
            return Page()
        asked = replace(asked, owner=Owner(viewer.person))
    path = _path(asked)
    few = _few(asked, path, viewer.sees_all)
    return _walk(viewer, asked, path, budget, most) if few is None else _gather(viewer, asked, few)


def known_models(now: float) -> list[str]:
    """The models that anybody talked with of late, by name."""
    days = buckets(DAY, int(now) // DAY * DAY - MODELS_SINCE * DAY, of=(MODEL_MESSAGES,))
    return sorted({model for day in days for model in MODEL_MESSAGES.read(day.counts)})


def _searched(viewer: Viewer, asked: SessionQuery) -> tuple[SessionQuery, int | None]:
    """The search, resolved: the key of a session of exactly this id, or an owner's pseudonym; or part of an id."""
    if not asked.q:
        return asked, None
    same = visible_to(viewer, models.Session.objects.filter(digest=short(kept_id(asked.q))))
    key = same.values_list("key", flat=True).first()
    if key is not None:
        return replace(asked, q=""), key
    try:
        owner = owner_of(asked.q)
    except ValueError:
        return asked, None
    if asked.owner not in (None, owner):
        raise Unclear(f"q: {asked.q[:60]!r} is another owner than the one in `owner`")
    return replace(asked, q="", owner=owner), None


def _path(asked: SessionQuery) -> Path:
    """The index along which the list is in order."""
    equal: Mapping[str, object] = {}
    if asked.column == "last_at" and asked.owner:
        equal = _is(asked.owner)
    elif asked.column == "last_at" and asked.outcome not in ("", "failing"):
        equal = {"outcome": asked.outcome}
    low, high = asked.ranges.get(asked.column, (None, None))
    return Path(asked.column, asked.down, equal, _between(low, high), asked.column in asked.ranges)


def _is(owner: Owner) -> Mapping[str, object]:
    return {"person__isnull": True} if owner.key is None else {"person": owner.key}


def _between(low: int | None, high: int | None) -> Range:
    return Range(LOWEST if low is None else low - 1, HIGHEST if high is None else high + 1)


def _few(asked: SessionQuery, path: Path, sees_all: bool) -> Rows | None:
    """What one filter leaves by itself, along its own index, if that is little; None when it is not, or is the path.

    Owners' own sessions are few, however many they are: nobody else's may be walked over for them.
    """
    ways: list[tuple[Mapping[str, object], str]] = []
    if asked.owner:
        ways.append((_is(asked.owner), "last_at"))
    if asked.outcome not in ("", "failing"):
        ways.append(({"outcome": asked.outcome}, "last_at"))
    ways += [(_between(*pair).where(column), column) for column, pair in asked.ranges.items() if column != path.column]
    for where, column in ways:
        if path.equal == where:
            continue
        rows = models.Session.objects.filter(**where).order_by(column, "key")
        own = not sees_all and "person" in where
        if own or not rows.values_list("key", flat=True)[FEW : FEW + 1]:
            return rows
    return None


def _matching(viewer: Viewer, asked: SessionQuery, rows: Rows | None = None) -> Rows:
    """The rows that this viewer may see and that every filter leaves.

    The columns are wrapped, so that no database takes a filter's index and sorts: a stretch is read along the path's.
    What is unknown is -1 in them, and within no bounds. A model is looked for letter by letter: LIKE would find another
    case of it on SQLite.
    """
    outcome = "" if asked.outcome == "failing" else asked.outcome
    where = Q()
    if outcome:
        where &= Q(wrapped_outcome=outcome)
    if asked.owner:
        where &= Q(wrapped_person=-1 if asked.owner.key is None else asked.owner.key)
    if asked.model:
        where &= Q(model_place__gt=0)
    if asked.q:
        where &= Q(session_id__icontains=asked.q)
    for column, (low, high) in asked.ranges.items():
        where &= Q(**{f"wrapped_{column}__gte": low or 0, f"wrapped_{column}__lte": HIGHEST if high is None else high})
    columns = ["person", *(["outcome"] if outcome else []), *asked.ranges]
    place = {"model_place": StrIndex("model_names", Value(barred(asked.model)))} if asked.model else {}
    wrapped = place | {f"wrapped_{name}": _WORD if name == "outcome" else Coalesce(name, Value(-1)) for name in columns}
    start = (models.Session.objects.all() if rows is None else rows).alias(**wrapped)
    return visible_to(viewer, start.filter(where).exclude(EMPTIED), "wrapped_person")


def _gather(viewer: Viewer, asked: SessionQuery, few: Rows) -> Page:
    """The matching ones of a few, put in order here."""
    pairs = _matching(viewer, asked, few).values_list(asked.column, "key")
    places = sorted((RowCursor(*pair) for pair in pairs), key=lambda place: _rank(place, asked.down))
    if asked.before is not None:
        border = _rank(asked.before, asked.down)
        places = [place for place in places if _rank(place, asked.down) > border]
    wanted = places[: asked.limit]
    found = {one.key: one for one in _sessions(models.Session.objects.filter(key__in=[p.key for p in wanted]))}
    following = wanted[-1] if len(places) > asked.limit else None
    return Page([found[place.key] for place in wanted if place.key in found], following, len(pairs))


def _rank(place: RowCursor, down: bool) -> tuple[bool, int, int]:
    """What is unknown comes last, whichever way the order is."""
    sign = -1 if down else 1
    return place.value is None, sign * (place.value or 0), sign * place.key


def _walk(viewer: Viewer, asked: SessionQuery, path: Path, budget: float, most: int) -> Page:
    """Stretch by stretch along the path, until the page is full, the list ends, or time or rows are spent."""
    rows, left = _matching(viewer, asked), path.spans(asked.before)
    if _holds_all(path, asked):
        return _plain(asked, path, rows, left)
    made, began, size = Page(), perf_counter(), FIRST
    while left:
        span, *others = left
        border = _border(path, span, min(size, most - made.examined))
        parts, rest = ([span], []) if border is None else split(span, border, path.down)
        left = [*rest, *others]
        _take(path, parts, rows, asked.limit + 1, made)
        if len(made.sessions) > asked.limit:
            return _cut(made, asked)
        made.examined += _count(path, parts)
        spent = perf_counter() - began
        if left and border and (spent >= budget or made.examined >= most):
            made.following = border
            break
        size = max(SMALLEST, min(LARGEST, int(made.examined / spent * (budget - spent))))
    return made


def _holds_all(path: Path, asked: SessionQuery) -> bool:
    """Whether every row on the path matches."""
    by_outcome = asked.outcome in ("", "failing") or "outcome" in path.equal
    by_owner = asked.owner is None or _is(asked.owner) == path.equal
    return by_outcome and by_owner and not (asked.model or asked.q) and set(asked.ranges) <= {path.column}


def _plain(asked: SessionQuery, path: Path, rows: Rows, spans: Iterable[Span]) -> Page:
    made = Page()
    for span in spans:
        _take(path, [span], rows, asked.limit + 1, made)
    return _cut(made, asked)


def _take(path: Path, parts: Iterable[Span], rows: Rows, full: int, made: Page) -> None:
    """Add what matches in these spans, until there are `full`."""
    for part in parts:
        wanted = full - len(made.sessions)
        if wanted > 0:
            made.sessions += _sessions(path.rows(part, rows)[:wanted])


def _cut(made: Page, asked: SessionQuery) -> Page:
    """A page of at most its limit; the row too many says that there are more."""
    more = len(made.sessions) > asked.limit
    del made.sessions[asked.limit :]
    last = made.sessions[-1] if more else None
    made.following = None if last is None else RowCursor(getattr(last, asked.column), last.key)
    made.examined = max(made.examined, len(made.sessions))
    return made


def _border(path: Path, span: Span, size: int) -> RowCursor | None:
    """The row with which a stretch of this size ends, read from the index alone; None when the span is no longer."""
    places = path.rows(span, models.Session.objects.all()).values_list(path.column, "key")[size - 1 : size]
    return next((RowCursor(*place) for place in places), None)


def _count(path: Path, parts: Iterable[Span]) -> int:
    return sum(path.rows(part, models.Session.objects.all()).order_by().count() for part in parts)


def _sessions(rows: Rows) -> list[Session]:
    return [repository.session_of(row) for row in rows.values_list(*_SESSION)]
