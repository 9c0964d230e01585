"""Reads one page of the list of sessions in bounded time, out of millions of rows.

A page walks along one index, from its cursor on, in chunks. The filters apply to the rows of one chunk at a time, until
the page is full, the list ends, or the time budget is spent: then the page is short and has the cursor to continue
from. If one filter alone leaves few sessions, its own index is read, and those few are sorted in memory.
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
from monitoring.stats.model_names import delimited
from monitoring.stats.reader import buckets
from monitoring.stats.session import Session
from monitoring.stats.sessions.keyset import HIGHEST, LOWEST, Range, RowCursor, Span, Tie, after, split
from monitoring.stats.sessions.query import Owner, SessionQuery, owner_of

BUDGET_SECONDS = 0.06
"""Time after which a page ends with the rows that it has."""
FIRST_CHUNK, MIN_CHUNK, MAX_CHUNK = 1_000, 500, 20_000
"""Rows of the first chunk, and bounds of all others."""
MAX_EXAMINED_ROWS = 100_000
"""Maximum number of index rows examined for a page."""
MAX_SORTED_ROWS = 4_000
"""Maximum number of sessions that are sorted in memory."""
MODEL_DAYS = 28
"""Days whose models are listed by `known_models`."""
_SESSION = [one.name for one in fields(Session)]
IS_EMPTIED = Q(left_position__gt=0, message_count=0, failed_operations=0, declared_at=None)
"""A session known only from its messages, all of which moved to another: its id was a guess of the source."""
_OUTCOME = Coalesce("outcome", Value("", TextField()))
Rows = QuerySet[models.Session, Any]


@dataclass(slots=True)
class Page:
    """`following` is the cursor of the next page; None at the end of the list."""

    sessions: list[Session] = field(default_factory=list)
    following: RowCursor | None = None
    examined: int = 0


@dataclass(frozen=True, slots=True)
class Path:
    """A walk along an index: columns with fixed values first, then the sort column within a range, then the key."""

    column: str
    down: bool
    equal: Mapping[str, object] = field(default_factory=dict)
    range: Range = field(default_factory=Range)
    bounded: bool = False

    def spans(self, cursor: RowCursor | None) -> list[Span]:
        whole: list[Span] = [self.range] if self.bounded else [self.range, Tie()]
        return after(whole, cursor, self.down)

    def rows(self, span: Span, rows: Rows) -> Rows:
        """Returns the rows of a span, in order."""
        sign = "-" if self.down else ""
        selected = rows.filter(**self.equal, **span.where(self.column))
        return selected.order_by(f"{sign}{self.column}", f"{sign}key")


def page(viewer: Viewer, query: SessionQuery, budget: float = BUDGET_SECONDS, most: int = MAX_EXAMINED_ROWS) -> Page:
    """Returns one page for this viewer; `budget` in s, `most`: maximum number of rows to examine."""
    query, exact = _resolve_search(viewer, query)
    if exact is not None:
        rows = _matching(viewer, query).filter(key=exact)
        return Page(_sessions(rows) if query.before is None else [], None, 1)
    if not viewer.sees_all:
        if viewer.person is None or query.owner not in (None, Owner(viewer.person)):
            return Page()
        query = replace(query, owner=Owner(viewer.person))
    path = _choose_path(query)
    small = _small_filter(query, path, viewer.sees_all)
    return _walk_path(viewer, query, path, budget, most) if small is None else _sorted_page(viewer, query, small)


def known_models(now: float) -> list[str]:
    """Returns the models that were used in the last MODEL_DAYS days, by name."""
    days = buckets(DAY, int(now) // DAY * DAY - MODEL_DAYS * DAY, of=(MODEL_MESSAGES,))
    return sorted({model for day in days for model in MODEL_MESSAGES.read(day.counts)})


def _resolve_search(viewer: Viewer, query: SessionQuery) -> tuple[SessionQuery, int | None]:
    """Resolves the search text: the key of the session with exactly this id, or the owner with this pseudonym. Any
    other text searches parts of ids."""
    if not query.q:
        return query, None
    same = visible_to(viewer, models.Session.objects.filter(digest=short(kept_id(query.q))))
    key = same.values_list("key", flat=True).first()
    if key is not None:
        return replace(query, q=""), key
    try:
        owner = owner_of(query.q)
    except ValueError:
        return query, None
    if query.owner not in (None, owner):
        raise Unclear(f"q: {query.q[:60]!r} is not the owner given in `owner`")
    return replace(query, q="", owner=owner), None


def _choose_path(query: SessionQuery) -> Path:
    """Returns the index in whose order the list is read."""
    equal: Mapping[str, object] = {}
    if query.column == "last_at" and query.owner:
        equal = _owned_by(query.owner)
    elif query.column == "last_at" and query.outcome not in ("", "failing"):
        equal = {"outcome": query.outcome}
    low, high = query.ranges.get(query.column, (None, None))
    return Path(query.column, query.down, equal, _between(low, high), query.column in query.ranges)


def _owned_by(owner: Owner) -> Mapping[str, object]:
    return {"person__isnull": True} if owner.key is None else {"person": owner.key}


def _between(low: int | None, high: int | None) -> Range:
    return Range(LOWEST if low is None else low - 1, HIGHEST if high is None else high + 1)


def _small_filter(query: SessionQuery, path: Path, sees_all: bool) -> Rows | None:
    """Returns the rows that one filter leaves, by its own index, if they are few; None otherwise, or if that is the
    path.

    An owner's own sessions are always read this way, however many there are: other sessions must not be walked over for
    them.
    """
    ways: list[tuple[Mapping[str, object], str]] = []
    if query.owner:
        ways.append((_owned_by(query.owner), "last_at"))
    if query.outcome not in ("", "failing"):
        ways.append(({"outcome": query.outcome}, "last_at"))
    ways += [(_between(*pair).where(column), column) for column, pair in query.ranges.items() if column != path.column]
    for where, column in ways:
        if path.equal == where:
            continue
        rows = models.Session.objects.filter(**where).order_by(column, "key")
        own = not sees_all and "person" in where
        if own or not rows.values_list("key", flat=True)[MAX_SORTED_ROWS : MAX_SORTED_ROWS + 1]:
            return rows
    return None


def _matching(viewer: Viewer, query: SessionQuery, rows: Rows | None = None) -> Rows:
    """Returns the rows that this viewer may see and that match all filters.

    Columns are wrapped, so that no database reads a filter's index and sorts: each chunk is read along the path's
    index. Unknown values are -1 in wrapped columns, and in no range. A model is compared case-sensitively: LIKE would
    ignore case on SQLite.
    """
    outcome = "" if query.outcome == "failing" else query.outcome
    where = Q()
    if outcome:
        where &= Q(wrapped_outcome=outcome)
    if query.owner:
        where &= Q(wrapped_person=-1 if query.owner.key is None else query.owner.key)
    if query.model:
        where &= Q(model_place__gt=0)
    if query.q:
        where &= Q(session_id__icontains=query.q)
    for column, (low, high) in query.ranges.items():
        where &= Q(**{f"wrapped_{column}__gte": low or 0, f"wrapped_{column}__lte": HIGHEST if high is None else high})
    columns = ["person", *(["outcome"] if outcome else []), *query.ranges]
    place = {"model_place": StrIndex("model_names", Value(delimited(query.model)))} if query.model else {}
    wrapped = place | {
        f"wrapped_{name}": _OUTCOME if name == "outcome" else Coalesce(name, Value(-1)) for name in columns
    }
    start = (models.Session.objects.all() if rows is None else rows).alias(**wrapped)
    return visible_to(viewer, start.filter(where).exclude(IS_EMPTIED), "wrapped_person")


def _sorted_page(viewer: Viewer, query: SessionQuery, small: Rows) -> Page:
    """Returns the page of the matching rows among a few, sorted in memory."""
    pairs = _matching(viewer, query, small).values_list(query.column, "key")
    cursors = sorted((RowCursor(*pair) for pair in pairs), key=lambda cursor: _rank(cursor, query.down))
    if query.before is not None:
        border = _rank(query.before, query.down)
        cursors = [cursor for cursor in cursors if _rank(cursor, query.down) > border]
    wanted = cursors[: query.limit]
    by_key = {one.key: one for one in _sessions(models.Session.objects.filter(key__in=[p.key for p in wanted]))}
    following = wanted[-1] if len(cursors) > query.limit else None
    return Page([by_key[cursor.key] for cursor in wanted if cursor.key in by_key], following, len(pairs))


def _rank(cursor: RowCursor, down: bool) -> tuple[bool, int, int]:
    """Sort key. Unknown values come last in both directions."""
    sign = -1 if down else 1
    return cursor.value is None, sign * (cursor.value or 0), sign * cursor.key


def _walk_path(viewer: Viewer, query: SessionQuery, path: Path, budget: float, most: int) -> Page:
    """Reads chunks along the path until the page is full, the list ends, or the budget of time or rows is spent."""
    rows, left = _matching(viewer, query), path.spans(query.before)
    if _all_match(path, query):
        return _whole_path(query, path, rows, left)
    result, began, size = Page(), perf_counter(), FIRST_CHUNK
    while left:
        span, *others = left
        border = _chunk_end(path, span, min(size, most - result.examined))
        parts, rest = ([span], []) if border is None else split(span, border, path.down)
        left = [*rest, *others]
        _append_matching(path, parts, rows, query.limit + 1, result)
        if len(result.sessions) > query.limit:
            return _trimmed(result, query)
        result.examined += _count(path, parts)
        spent = perf_counter() - began
        if left and border and (spent >= budget or result.examined >= most):
            result.following = border
            break
        size = max(MIN_CHUNK, min(MAX_CHUNK, int(result.examined / spent * (budget - spent))))
    return result


def _all_match(path: Path, query: SessionQuery) -> bool:
    """True if every row on the path matches."""
    by_outcome = query.outcome in ("", "failing") or "outcome" in path.equal
    by_owner = query.owner is None or _owned_by(query.owner) == path.equal
    return by_outcome and by_owner and not (query.model or query.q) and set(query.ranges) <= {path.column}


def _whole_path(query: SessionQuery, path: Path, rows: Rows, spans: Iterable[Span]) -> Page:
    result = Page()
    for span in spans:
        _append_matching(path, [span], rows, query.limit + 1, result)
    return _trimmed(result, query)


def _append_matching(path: Path, parts: Iterable[Span], rows: Rows, full: int, result: Page) -> None:
    """Add matching rows of these spans, up to `full` rows in all."""
    for part in parts:
        wanted = full - len(result.sessions)
        if wanted > 0:
            result.sessions += _sessions(path.rows(part, rows)[:wanted])


def _trimmed(result: Page, query: SessionQuery) -> Page:
    """Trims a page to its limit. One row too many means that there is a next page."""
    more = len(result.sessions) > query.limit
    del result.sessions[query.limit :]
    last = result.sessions[-1] if more else None
    result.following = None if last is None else RowCursor(getattr(last, query.column), last.key)
    result.examined = max(result.examined, len(result.sessions))
    return result


def _chunk_end(path: Path, span: Span, size: int) -> RowCursor | None:
    """Returns the last row of a chunk of this size, read from the index only; None if the span is no longer than
    that."""
    ends = path.rows(span, models.Session.objects.all()).values_list(path.column, "key")[size - 1 : size]
    return next((RowCursor(*end) for end in ends), None)


def _count(path: Path, parts: Iterable[Span]) -> int:
    return sum(path.rows(part, models.Session.objects.all()).order_by().count() for part in parts)


def _sessions(rows: Rows) -> list[Session]:
    return [repository.session_of(row) for row in rows.values_list(*_SESSION)]
