"""Reads one page of the list of sessions in bounded time, out of millions of rows.

A page walks along one index, from its cursor on, in chunks. The filters apply to the rows of one chunk at a time, until
the page is full, the list ends, or the time budget is spent: then the page is short and has the cursor to continue
from. If one filter alone leaves few sessions, its own index is read, and those few are sorted in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, StrIndex

from monitoring.events.ids import short
from monitoring.people.access import visible_to
from monitoring.people.pseudonym import BIRDS, NamePart, part_of_name
from monitoring.people.viewer import Viewer
from monitoring.recording.record import kept_id
from monitoring.stats import models
from monitoring.stats.bucket import DAY
from monitoring.stats.errors import Unclear
from monitoring.stats.message import Message
from monitoring.stats.metrics import MODEL_MESSAGES
from monitoring.stats.model_names import delimited
from monitoring.stats.reader import buckets
from monitoring.stats.repository import SESSIONS
from monitoring.stats.session import Session
from monitoring.stats.sessions.keyset import HIGHEST, Range, RowCursor, Span, Tie, after, split
from monitoring.stats.sessions.peaks import slowest_answers
from monitoring.stats.sessions.query import Owner, SessionQuery, owner_of

BUDGET_SECONDS = 0.06
"""Time after which a page ends with the rows that it has."""
FIRST_CHUNK, MIN_CHUNK, MAX_CHUNK = 1_000, 500, 20_000
"""Rows of the first chunk, and bounds of all others."""
MAX_EXAMINED_ROWS = 100_000
"""Maximum number of index rows examined for a page."""
MAX_SORTED_ROWS = 4_000
"""Maximum number of sessions that are sorted in memory."""
MAX_COUNTED_ROWS = 10_000
"""Number of sessions above which they are not counted exactly."""
MODEL_DAYS = 28
"""Days whose models are listed by `known_models`."""
IS_EMPTIED = Q(left_position__gt=0, message_count=0, failed_operations=0, declared_at=None)
"""A session known only from its messages, all of which moved to another: its id was a guess of the source."""
Rows = QuerySet[models.Session]


@dataclass(slots=True)
class Page:
    """`following` is the cursor of the next page; None at the end of the list. `peaks`: the slowest answer of each
    session within the time asked for, where the list is in the order of these."""

    sessions: list[Session] = field(default_factory=list)
    following: RowCursor | None = None
    examined: int = 0
    peaks: dict[int, Message] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Path:
    """A walk along an index: columns with fixed values first, then the sort column within a range, then the key."""

    column: str
    down: bool
    equal: Mapping[str, object]
    spans: Sequence[Span]

    def rows(self, span: Span, rows: Rows) -> Rows:
        """Returns the rows of a span, in order."""
        sign = "-" if self.down else ""
        selected = rows.filter(**self.equal, **span.where(self.column))
        return selected.order_by(f"{sign}{self.column}", f"{sign}key")


def page(viewer: Viewer, query: SessionQuery, budget: float = BUDGET_SECONDS, most: int = MAX_EXAMINED_ROWS) -> Page:
    """Returns one page for this viewer; `budget` in s, `most`: maximum number of rows to examine."""
    query, exact = _resolve_search(viewer, query)
    if exact is not None:
        rows = _matching(viewer, query, models.Session.objects.filter(key=exact))
        return Page(SESSIONS.read(rows) if query.before is None else [], None, 1)
    if not _is_allowed(viewer, query):
        return Page()
    query = _of_viewer(viewer, query)
    path = _choose_path(query)
    small = _small_filter(query, path, viewer.sees_all)
    if small is not None:
        return _sorted_page(query, _matching(viewer, query, small))
    rows = _matching(viewer, query, models.Session.objects.all())
    return _walk_path(query, path, rows, budget, most)


def count(viewer: Viewer, query: SessionQuery, most: int = MAX_COUNTED_ROWS) -> int | None:
    """Returns the number of sessions in the whole list, at most `most` + 1; None where only a walk could count them."""
    query, exact = _resolve_search(viewer, query)
    if exact is not None:
        return _matching(viewer, query, models.Session.objects.filter(key=exact)).count()
    if not _is_allowed(viewer, query):
        return 0
    if not viewer.sees_all:
        return _matching(viewer, query, models.Session.objects.filter(person=viewer.person)).count()
    path = _choose_path(query)
    small = _small_filter(query, path, viewer.sees_all)
    on_path = models.Session.objects.filter(**path.equal).order_by(path.column, "key")
    if small is None and path.equal and _are_few(on_path):
        small = on_path
    if small is not None:
        return _matching(viewer, query, small).order_by().count()
    if not _all_match(path, query):
        return None
    rows, counted = _matching(viewer, query, models.Session.objects.all()), 0
    for span in path.spans:
        counted += path.rows(span, rows)[: most + 1 - counted].count()
    return counted


def matching(viewer: Viewer, query: SessionQuery, rows: Rows) -> Rows:
    """Returns those of the rows that are in the whole list."""
    query, exact = _resolve_search(viewer, query)
    if not _is_allowed(viewer, query):
        return rows.none()
    return _matching(viewer, _of_viewer(viewer, query), rows if exact is None else rows.filter(key=exact))


def _is_allowed(viewer: Viewer, query: SessionQuery) -> bool:
    """False if the viewer can see no session of this list: without own sessions, or of another owner."""
    return viewer.sees_all or (viewer.person is not None and query.owner in (None, Owner(viewer.person)))


def _of_viewer(viewer: Viewer, query: SessionQuery) -> SessionQuery:
    """Returns the query restricted to what this viewer may see."""
    return query if viewer.sees_all else replace(query, owner=Owner(viewer.person))


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
    """Returns the index in whose order the list is read. A range of the sort column leaves out unknown values."""
    equal: Mapping[str, object] = {}
    if query.column == "last_at" and query.owner:
        equal = query.owner.where
    elif query.column == "last_at" and query.exact_outcome:
        equal = {"outcome": query.outcome}
    bounds = query.ranges.get(query.column)
    return Path(query.column, query.down, equal, [Range.between(*bounds)] if bounds else [Range(), Tie()])


def _small_filter(query: SessionQuery, path: Path, sees_all: bool) -> Rows | None:
    """Returns the rows that one filter leaves, by its own index, if they are few; None otherwise, or if that is the
    path.

    An owner's own sessions are always read this way, however many there are: other sessions must not be walked over for
    them.
    """
    ways: list[tuple[Mapping[str, object], str]] = []
    if query.owner:
        ways.append((query.owner.where, "last_at"))
    if query.exact_outcome:
        ways.append(({"outcome": query.outcome}, "last_at"))
    ranges = {column: Range.between(*pair) for column, pair in query.ranges.items() if column != path.column}
    ways += [(bounds.where(column), column) for column, bounds in ranges.items()]
    for where, column in ways:
        if path.equal == where:
            continue
        rows = models.Session.objects.filter(**where).order_by(column, "key")
        own = not sees_all and "person" in where
        if own or _are_few(rows):
            return rows
    return None


def _are_few(rows: Rows) -> bool:
    return not rows.values_list("key", flat=True)[MAX_SORTED_ROWS : MAX_SORTED_ROWS + 1]


def _matching(viewer: Viewer, query: SessionQuery, rows: Rows) -> Rows:
    """Returns those of the rows that this viewer may see and that match all filters.

    Columns are wrapped, so that no database reads a filter's index and sorts: each chunk is read along the path's
    index. Unknown values are -1 in wrapped columns, and in no range. A model is compared case-sensitively: LIKE would
    ignore case on SQLite.
    """
    wrapped: dict[str, Combinable] = {"wrapped_person": Coalesce("person", Value(-1))}
    where = Q()
    if query.exact_outcome:
        wrapped["wrapped_outcome"] = Coalesce("outcome", Value("", TextField()))
        where &= Q(wrapped_outcome=query.outcome)
    if query.owner:
        where &= Q(wrapped_person=-1 if query.owner.key is None else query.owner.key)
    if query.model:
        wrapped["model_place"] = StrIndex("model_names", Value(delimited(query.model)))
        where &= Q(model_place__gt=0)
    if query.awake and not query.is_awake:
        wrapped["wrapped_open_at"] = Coalesce("open_at", Value(-1))
        where &= Q(wrapped_open_at__lt=query.awake[0]) | Q(wrapped_open_at__gt=query.awake[1])
    if query.q:
        named = part_of_name(query.q) if viewer.sees_all else None
        where &= Q(session_id__icontains=query.q) | (_named(named, wrapped) if named else Q())
    for column, (low, high) in query.ranges.items():
        wrapped[f"wrapped_{column}"] = Coalesce(column, Value(-1))
        where &= Q(**{f"wrapped_{column}__gte": low or 0, f"wrapped_{column}__lte": HIGHEST if high is None else high})
    return visible_to(viewer, rows.alias(**wrapped).filter(where).exclude(IS_EMPTIED), "wrapped_person")


def _named(part: NamePart, wrapped: dict[str, Combinable]) -> Q:
    """Returns the condition that the owner's pseudonym begins with a text. Adds the columns that it needs."""
    owner = Coalesce("person", Value(-1))
    wrapped |= {"owner_key": owner, "owner_bird": owner % Value(len(BIRDS))}
    numbers = Q()
    for low, high in part.ranges:
        numbers |= Q(owner_key__gte=low, owner_key__lte=high)
    return Q(owner_bird__in=sorted(part.birds), owner_key__gte=0) & numbers


def _sorted_page(query: SessionQuery, rows: Rows) -> Page:
    """Returns the page of a few matching rows, sorted in memory. Unknown values come last in both directions. Within a
    stretch of time, the slowest answers are those of that time."""
    sign = -1 if query.down else 1

    def rank(cursor: RowCursor) -> tuple[bool, int, int]:
        return cursor.value is None, sign * (cursor.value or 0), sign * cursor.key

    pairs, peaks = [RowCursor(*pair) for pair in rows.values_list(query.column, "key")], None
    if query.sort == "slowest" and query.since is not None and query.until is not None:
        peaks = slowest_answers([pair.key for pair in pairs], query.since, query.until)
    if peaks is not None:
        pairs = [RowCursor(peaks[pair.key].wait if pair.key in peaks else None, pair.key) for pair in pairs]
    before = query.before
    cursors = sorted((pair for pair in pairs if before is None or rank(pair) > rank(before)), key=rank)
    wanted = cursors[: query.limit]
    keys = [cursor.key for cursor in wanted]
    by_key = {session.key: session for session in SESSIONS.read(models.Session.objects.filter(key__in=keys))}
    following = wanted[-1] if len(cursors) > query.limit else None
    return Page([by_key[key] for key in keys if key in by_key], following, len(pairs), peaks or {})


def _walk_path(query: SessionQuery, path: Path, rows: Rows, budget: float, most: int) -> Page:
    """Reads chunks along the path until the page is full, the list ends, or the budget of time or rows is spent.

    A chunk ends at a row that is found in the index alone. If every row on the path matches, each span is one chunk.
    One row more than the limit means that there is a next page.
    """
    every_index_row, left = models.Session.objects.all(), after(path.spans, query.before, path.down)
    result, began, size, full = Page(), perf_counter(), FIRST_CHUNK, query.limit + 1
    all_match = _all_match(path, query)
    while left and len(result.sessions) < full:
        span, *others = left
        border, parts, rest = None, [span], list[Span]()
        if not all_match:
            last = min(size, most - result.examined) - 1
            ends = path.rows(span, every_index_row).values_list(path.column, "key")[last : last + 1]
            border = next((RowCursor(*end) for end in ends), None)
            if border is not None:
                parts, rest = split(span, border, path.down)
        left = [*rest, *others]
        for part in parts:
            if missing := full - len(result.sessions):
                result.sessions += SESSIONS.read(path.rows(part, rows)[:missing])
        if all_match or len(result.sessions) == full:
            continue
        result.examined += sum(path.rows(part, every_index_row).order_by().count() for part in parts)
        spent = perf_counter() - began
        if left and border and (spent >= budget or result.examined >= most):
            result.following = border
            return result
        size = max(MIN_CHUNK, min(MAX_CHUNK, int(result.examined / spent * (budget - spent))))
    if len(result.sessions) == full:
        result.sessions.pop()
        row = result.sessions[-1]
        result.following = RowCursor(getattr(row, query.column), row.key)
    result.examined = max(result.examined, len(result.sessions))
    return result


def _all_match(path: Path, query: SessionQuery) -> bool:
    """True if every row on the path matches."""
    by_outcome = not query.exact_outcome or "outcome" in path.equal
    by_owner = query.owner is None or query.owner.where == path.equal
    return (
        by_outcome and by_owner and not (query.model or query.q or query.awake) and set(query.ranges) <= {path.column}
    )
