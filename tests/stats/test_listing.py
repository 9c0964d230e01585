"""The list of sessions: pages without loss or doubles, filters as a recount says, the gate, nonsense, bounded work."""

import csv
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import Server

from monitoring.events.ids import short
from monitoring.people.pseudonym import pseudonym
from monitoring.people.viewer import NOBODY, Viewer
from monitoring.stats.errors import Unclear
from monitoring.stats.figures import state
from monitoring.stats.histogram import bucket_of
from monitoring.stats.model_names import delimited, join_delimited
from monitoring.stats.repository import SESSIONS
from monitoring.stats.session import Detail, Session
from monitoring.stats.sessions import listing as queries
from monitoring.stats.sessions import page as listing
from monitoring.stats.sessions.counts import by_state, newest_position, news
from monitoring.stats.sessions.keyset import Range, RowCursor, Span, Tie, after, split
from monitoring.stats.sessions.page import csv_rows, excluding_filters, list_sessions
from monitoring.stats.sessions.query import SORTS, Owner, SessionQuery, cursor, cursor_of, read_query

NOW = 1_790_000_000_000_000
SECOND = 10**6
BOB = Viewer("bob", frozenset({"ops"}))
ALICE, CHARLIE, DAVE = Viewer("alice", frozenset(), 4), Viewer("charlie", frozenset(), 5), Viewer("dave")
MODELS = ("llama3.2", "qwen", "gpt-4", "gpt-4o")


def made(number: int, chance: random.Random) -> Session:
    """A session of few different values, so that many are equal; some without a message, a wait or an owner."""
    silent = number % 13 == 0
    begin = NOW - chance.randrange(40) * 3600 * SECOND
    last = begin + chance.choice([0, 60, 600]) * SECOND
    failed = chance.choice([0, 0, 0, 1, 2])
    waits = {} if silent or number % 7 == 0 else {"responses": 2, "wait_sum": chance.randrange(1, 5) * SECOND}
    times = {} if silent else {"first_at": begin, "last_at": last}
    end = chance.choice([None, "closed", "timeout", "error"])
    buckets = Counter(bucket_of(chance.randrange(1, 5) * SECOND) for _ in range(waits.get("responses", 0)))
    names = chance.sample(MODELS, chance.randrange(3))
    return Session(
        number,
        short(f"talk-{number:03}"),
        f"talk-{number:03}",
        chance.choice([None, 4, 5, 6]),
        declared_at=begin if number % 5 else None,
        ended_at=None if end is None else last,
        end_reason=end,
        message_count=0 if silent else chance.randrange(1, 4),
        failed_messages=failed,
        total_tokens=chance.randrange(5) * 100,
        cost=chance.randrange(6) * 10**7,
        detail=Detail(dict(buckets), {name: [1, 100, 0, 60, 40] for name in names}),
        **waits,
        **times,
    )


@pytest.fixture
def held(db: None) -> list[Session]:
    chance = random.Random(5)
    rows = [made(number, chance) for number in range(1, 301)]
    SESSIONS.save(SESSIONS.encode(rows))
    return rows


@pytest.fixture(params=["few", "walk"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to a page: what one filter leaves, put in order; or along the index, in very small stretches."""
    monkeypatch.setattr(queries, "MAX_SORTED_ROWS", 300 if request.param == "few" else 0)
    for name, size in (("FIRST_CHUNK", 7), ("MIN_CHUNK", 7), ("MAX_CHUNK", 11)):
        monkeypatch.setattr(queries, name, size)
    return str(request.param)


def in_order(rows: list[Session], sort: str, down: bool) -> list[int]:
    """The keys as the list must have them: the unknown last."""
    column, sign = SORTS[sort], -1 if down else 1
    known = [row for row in rows if getattr(row, column) is not None]
    unknown = [row for row in rows if getattr(row, column) is None]
    ordered = sorted(known, key=lambda row: (sign * getattr(row, column), sign * row.key))
    return [row.key for row in (*ordered, *sorted(unknown, key=lambda row: sign * row.key))]


def walked(viewer: Viewer, asked: SessionQuery, **bounds: Any) -> list[int]:
    """Every page's keys, one after the other; the cursor goes through its written form."""
    keys: list[int] = []
    for _ in range(2_000):
        page = queries.page(viewer, asked, **bounds)
        assert len(page.sessions) <= asked.limit
        keys += [row.key for row in page.sessions]
        if page.following is None:
            return keys
        word = cursor(page.following, asked.sort, asked.down)
        asked = replace(asked, before=cursor_of(word, asked.sort, asked.down))
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("sort", SORTS)
def test_every_order_both_ways_loses_nothing_and_doubles_nothing(held: list[Session], sort: str, down: bool) -> None:
    for limit in (7, 50, 500):
        assert walked(BOB, SessionQuery(sort=sort, down=down, limit=limit)) == in_order(held, sort, down)


FILTERED: list[tuple[dict[str, Any], Callable[[Session], bool]]] = [
    ({"outcome": "error"}, lambda row: row.outcome == "error"),
    ({"outcome": "open"}, lambda row: row.outcome == "open"),
    ({"outcome": "failing"}, lambda row: row.errors > 0),
    ({"model": "gpt-4"}, lambda row: "gpt-4" in row.detail.models),
    ({"model": "gpt"}, lambda row: False),
    ({"owner": Owner(5)}, lambda row: row.person == 5),
    ({"owner": Owner(None)}, lambda row: row.person is None),
    ({"q": "ALK-01"}, lambda row: "alk-01" in row.session_id),
    ({"q": "TALK-012"}, lambda row: row.session_id == "talk-012"),
    ({"q": "talk-012"}, lambda row: row.session_id == "talk-012"),
    ({"q": pseudonym(4)}, lambda row: row.person == 4),
    ({"q": "%"}, lambda row: False),
    ({"q": "nobody-4"}, lambda row: False),
    ({"q": pseudonym(4)[:3]}, lambda row: row.person == 4),
    ({"q": pseudonym(4)[:-1].upper()}, lambda row: row.person == 4),
    ({"min_slowest": 3 * SECOND}, lambda row: (row.slowest_wait or 0) >= 3 * SECOND),
    ({"min_p95": 2 * SECOND}, lambda row: (row.p95_wait or 0) >= 2 * SECOND),
    ({"min_errors": 2, "outcome": "failing"}, lambda row: row.errors >= 2),
    ({"min_tokens": 300}, lambda row: row.total_tokens >= 300),
    (
        {"outcome": "open", "awake": (NOW - 3 * 3600 * SECOND, NOW)},
        lambda row: row.is_open and NOW - 3 * 3600 * SECOND <= (row.open_at or 0) <= NOW,
    ),
    (
        {"outcome": "open", "awake": (NOW - 3 * 3600 * SECOND, NOW), "is_awake": False},
        lambda row: row.is_open and not NOW - 3 * 3600 * SECOND <= (row.open_at or 0) <= NOW,
    ),
    ({"min_cost": 2 * 10**7}, lambda row: row.cost >= 2 * 10**7),
    ({"min_cost": 10**7, "max_cost": 2 * 10**7}, lambda row: 10**7 <= row.cost <= 2 * 10**7),
    ({"min_duration": 60 * SECOND, "max_duration": 60 * SECOND}, lambda row: row.duration == 60 * SECOND),
    ({"max_duration": 0}, lambda row: row.duration == 0),
    ({"since": NOW - 7200 * SECOND}, lambda row: (row.last_at or 0) >= NOW - 7200 * SECOND),
    ({"until": NOW - 7200 * SECOND}, lambda row: row.started is not None and row.started <= NOW - 7200 * SECOND),
    (
        {"outcome": "failing", "model": "qwen", "min_cost": 10**7, "since": NOW - 10**11},
        lambda row: row.errors > 0 and "qwen" in row.detail.models and row.cost >= 10**7
        and (row.last_at or 0) >= NOW - 10**11,
    ),
    ({"owner": Owner(6), "outcome": "closed"}, lambda row: row.person == 6 and row.outcome == "closed"),
]  # fmt: skip


@pytest.mark.parametrize("sort", ["last_message", "cost", "slowest", "average_response_time"])
@pytest.mark.parametrize("number", range(len(FILTERED)))
def test_filters_leave_what_a_recount_leaves(held: list[Session], way: str, sort: str, number: int) -> None:
    chosen, fits = FILTERED[number]
    for down in (True, False):
        asked = SessionQuery(**chosen, sort=sort, down=down, limit=9)
        assert walked(BOB, asked) == in_order([row for row in held if fits(row)], sort, down)


@pytest.mark.parametrize("sort", SORTS)
def test_owners_see_theirs_and_nobody_else_s(held: list[Session], way: str, sort: str) -> None:
    for viewer in (ALICE, CHARLIE):
        theirs = [row for row in held if row.person == viewer.person]
        assert walked(viewer, SessionQuery(sort=sort, limit=7)) == in_order(theirs, sort, True)
        failing = [row for row in theirs if row.errors]
        assert walked(viewer, SessionQuery(sort=sort, outcome="failing", limit=7)) == in_order(failing, sort, True)
    for viewer in (DAVE, NOBODY):
        assert walked(viewer, SessionQuery(sort=sort)) == []


def test_a_model_is_found_by_exactly_its_name(held: list[Session], way: str) -> None:
    names = ["Odd|One", "odd|one", "Odd", "One", "Odd%7COne", "100%", "a_b", "a'b", "ä"]
    for number, name in enumerate(names, 900):
        detail = Detail(models={other: [1, 100, 0, 60, 40] for other in (name, "qwen")})
        SESSIONS.save(SESSIONS.encode([Session(number, short(name), name, last_at=NOW, detail=detail)]))
    for number, name in enumerate(names, 900):
        assert walked(BOB, SessionQuery(model=name)) == [number]
    assert [walked(BOB, SessionQuery(model=name)) for name in ("LLAMA3.2", "a%b", "axb", "odd", "|", "qwen|", "Ä")] == [
        []
    ] * 7


@pytest.mark.parametrize(("names", "text"), [([], ""), (["b", "a"], "|a|b|"), (["a|b", "%7C"], "|%257C|a%7Cb|")])
def test_models_stand_between_bars(names: list[str], text: str) -> None:
    assert join_delimited(names) == text
    assert all(delimited(name) in text for name in names)


@pytest.mark.parametrize("number", range(len(FILTERED)))
def test_a_count_is_that_of_the_whole_list_or_unknown(held: list[Session], way: str, number: int) -> None:
    chosen, fits = FILTERED[number]
    asked = SessionQuery(**chosen)
    whole = len([row for row in held if fits(row)])
    assert queries.count(BOB, asked) in {whole, None if way == "walk" or set(chosen) & {"q", "model"} else whole}
    assert queries.count(BOB, SessionQuery()) == len(held)
    assert queries.count(BOB, SessionQuery(), most=20) == 21
    if "q" not in chosen:
        assert queries.count(ALICE, asked) == len([row for row in held if fits(row) and row.person == ALICE.person])
    assert queries.count(DAVE, asked) == 0


def test_states_are_counted_for_all_and_for_one_s_own(held: list[Session]) -> None:
    for viewer in (BOB, ALICE, DAVE):
        mine = [row for row in held if viewer.sees_all or (viewer.person and row.person == viewer.person)]
        states = Counter(state(row, NOW) if row.is_open else row.outcome for row in mine)
        found = by_state(viewer, NOW)
        assert found.pop("failing", 0) == sum(row.errors > 0 for row in mine)
        assert Counter(found) == states


def test_news_are_what_came_and_what_changed_since(held: list[Session]) -> None:
    head = held[-1].key
    SESSIONS.save(SESSIONS.encode([replace(held[3], position=head + 1), replace(held[4], position=head + 2)]))
    SESSIONS.save(SESSIONS.encode([replace(held[5], key=head + 3, position=head + 3, digest=b"n" * 16, person=4)]))
    assert newest_position() == head + 3
    assert news(BOB, SessionQuery(), head) == (1, 2, False)
    assert news(BOB, SessionQuery(), head + 3) == (0, 0, False)
    assert news(BOB, SessionQuery(q=held[3].session_id), head) == (0, 1, False)
    hers = sum(held[number].person == ALICE.person for number in (3, 4))
    assert news(ALICE, SessionQuery(), head) == (1, hers, False)
    assert news(DAVE, SessionQuery(), head) == (0, 0, False)


def test_nobody_finds_another_s_session_by_its_id_or_its_owner(held: list[Session]) -> None:
    hers = next(row for row in held if row.person == ALICE.person)
    for asked in (
        SessionQuery(q=hers.session_id),
        SessionQuery(q=pseudonym(4)),
        SessionQuery(owner=Owner(4)),
        SessionQuery(owner=Owner(None)),
    ):
        assert walked(BOB, asked)
        assert walked(CHARLIE, asked) == []
    assert walked(ALICE, SessionQuery(q=hers.session_id)) == [hers.key]
    assert queries.page(CHARLIE, SessionQuery(sort="cost", owner=Owner(4))).examined == 0


def test_an_id_is_found_by_its_digest_though_others_hold_it(held: list[Session]) -> None:
    longer = replace(held[3], key=900, digest=short("talk-0044"), session_id="talk-0044")
    SESSIONS.save(SESSIONS.encode([longer]))
    page = queries.page(BOB, SessionQuery(q="talk-004"))
    assert ([row.key for row in page.sessions], page.examined) == ([4], 1)
    assert walked(BOB, SessionQuery(q="talk-004", min_cost=10**12)) == []


def test_a_session_that_all_its_messages_left_is_not_listed(held: list[Session], way: str) -> None:
    """Calls of a trace whose session is told last are in a session named by the trace until then."""
    left: dict[str, Any] = {"detail": Detail(), "left_position": 7}
    guess = Session(9_001, short("trace-1"), "trace-1", 4, **left)
    started = Session(9_002, short("started"), "started", 4, declared_at=NOW, **left)
    SESSIONS.save(SESSIONS.encode([guess, started]))
    assert set(walked(BOB, SessionQuery())) - {row.key for row in held} == {9_002}
    assert set(walked(ALICE, SessionQuery(owner=Owner(4)))) - {row.key for row in held} == {9_002}


def test_a_page_ends_when_its_work_is_done_and_says_where_to_go_on(held: list[Session], way: str) -> None:
    asked = SessionQuery(q="300", limit=50)
    first = queries.page(BOB, asked, most=20)
    assert 0 < first.examined <= 20
    assert first.following is not None
    assert walked(BOB, asked, most=20) == [300]
    hurried = queries.page(BOB, asked, budget=0)
    assert hurried.examined == 7, "one stretch at the least"
    assert hurried.following is not None
    assert walked(BOB, asked, budget=0) == [300]


def test_pages_count_what_they_looked_at(held: list[Session], way: str) -> None:
    asked, examined = SessionQuery(q="no such id"), 0
    while True:
        page = queries.page(BOB, asked, most=40)
        examined += page.examined
        if page.following is None:
            break
        asked = replace(asked, before=page.following)
    assert examined == len(held)


places = st.builds(RowCursor, st.integers(0, 6) | st.none(), st.integers(0, 6))


@given(st.lists(places, unique=True), places, st.booleans(), st.integers(-1, 6), st.integers(0, 7))
def test_spans_divide_a_list_at_any_place(
    rows: list[RowCursor], place: RowCursor, down: bool, low: int, high: int
) -> None:
    sign = -1 if down else 1

    def rank(one: RowCursor) -> tuple[bool, int, int]:
        return one.value is None, sign * (one.value or 0), sign * one.key

    whole: list[Span] = [Range(low, high), Tie()]
    there = sorted((row for row in rows if row.value is None or low < row.value < high), key=rank)
    assert list(taken(whole, rows, rank)) == there
    left = after(whole, place, down)
    assert list(taken(left, rows, rank)) == [row for row in there if rank(row) > rank(place)]
    for span in left:
        for row in inside(span, rows):
            parts, rest = split(span, row, down)
            assert list(taken([*parts, *rest], rows, rank)) == sorted(inside(span, rows), key=rank)
            assert row in inside(parts[-1], rows)
            assert [other for part in rest for other in inside(part, rows) if rank(other) <= rank(row)] == []


def inside(span: Span, rows: list[RowCursor]) -> list[RowCursor]:
    if isinstance(span, Tie):
        return [row for row in rows if row.value == span.value and span.low < row.key < span.high]
    return [row for row in rows if row.value is not None and span.low < row.value < span.high]


def taken(spans: list[Span], rows: list[RowCursor], rank: Callable[[RowCursor], Any]) -> Iterator[RowCursor]:
    for span in spans:
        yield from sorted(inside(span, rows), key=rank)


def test_parameters_are_read_in_their_units() -> None:
    asked = read_query(
        {"min_cost": "0.5", "max_duration": "2 h", "min_duration": "90", "since": "2026-09-21T00:00:00Z",
         "until": "2026-09-21T14:00", "owner": pseudonym(7).upper(), "limit": "9999", "sort": "cost", "order": "asc",
         "q": "  x ", "model": "", "unknown": "ignored"},
        NOW,
    )  # fmt: skip
    assert (asked.min_cost, asked.min_duration, asked.max_duration) == (5 * 10**8, 90 * SECOND, 7200 * SECOND)
    tiny = read_query({"min_cost": "0.0000000001", "max_cost": "0.0000000019"}, NOW)
    assert (tiny.min_cost, tiny.max_cost) == (1, 1), "a free session does not cost more than nothing"
    assert (asked.until or 0) - (asked.since or 0) == 14 * 3600 * SECOND
    assert (asked.owner, asked.limit, asked.column, asked.down, asked.q) == (Owner(7), 500, "cost", False, "x")
    assert read_query({"within": "24h"}, NOW).since == NOW - 86_400 * SECOND
    assert (
        read_query({"within": "24h", "since": "2030-01-01"}, NOW).since
        == read_query({"since": "2030-01-01"}, NOW).since
    )
    assert read_query({}, NOW) == SessionQuery()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort", "size"), ("order", "up"), ("outcome", "bad"), ("state", "bad"), ("owner", "falcon-1"), ("owner", "-"),
        ("owner", "jay-²"),
        ("min_cost", "x"), ("min_cost", "-1"), ("max_cost", "NaN"), ("max_cost", "1e99"),
        ("min_duration", "2 weeks"), ("max_duration", "-3"), ("since", "yesterday"), ("until", "9999999-01-01"),
        ("within", "1y"), ("limit", "many"), ("limit", "-1"), ("limit", "0"),
        ("min_errors", "-1"), ("min_slowest", "slow"), ("limit", "9" * 40), ("q", "a\0b"), ("q", "x" * 600),
        ("before", "nonsense"), ("before", "ä"), ("before", "1.2"), ("before", "9" * 40), ("before", "===="),
        ("before", cursor(RowCursor(2**63, 1), "last_message", True)),
        ("before", cursor(RowCursor(1, 2**63), "last_message", True)),
        ("before", cursor(RowCursor(1, 1), "cost", True)), ("before", cursor(RowCursor(1, 1), "last_message", False)),
    ],
)  # fmt: skip
def test_nonsense_is_answered_with_words_that_name_it(name: str, value: str) -> None:
    with pytest.raises(Unclear) as said:
        read_query({name: value}, NOW)
    assert str(said.value).startswith(f"{name}: ")


def test_bounds_that_exclude_everything_are_named() -> None:
    for low, high in (("min_cost", "max_cost"), ("min_duration", "max_duration")):
        with pytest.raises(Unclear, match=f"{low} is greater than {high}"):
            read_query({low: "2", high: "1"}, NOW)


def test_the_file_holds_all_that_match_in_the_list_s_order(held: list[Session], way: str) -> None:
    parameters = {"outcome": "failing", "sort": "cost", "order": "asc", "limit": "3"}
    header, *rows = csv.reader(io.StringIO("".join(csv_rows(BOB, parameters))))
    assert header[:2] == ["session", "owner"]
    failing = in_order([row for row in held if row.errors], "cost", False)
    assert [row[0] for row in rows] == [f"talk-{key:03}" for key in failing]
    with pytest.raises(Unclear):
        csv_rows(BOB, {"sort": "size"})


def test_the_file_runs_no_formula(held: list[Session]) -> None:
    names = ["=1+1", "+1", "-1", "@x", "\tx", "plain", 'quote "and", comma']
    SESSIONS.save(
        SESSIONS.encode([Session(2000 + n, short(name), name, 7, last_at=NOW) for n, name in enumerate(names)]),
    )
    _, *rows = csv.reader(io.StringIO("".join(csv_rows(BOB, {"owner": pseudonym(7), "order": "asc"}))))
    assert [row[0] for row in rows] == [f"'{name}" for name in names[:5]] + names[5:]


def test_the_answer_has_rows_the_next_page_and_what_was_looked_at(held: list[Session]) -> None:
    answer = list_sessions(BOB, {"limit": "2", "sort": "tokens"})
    assert [row.tokens for row in answer.sessions] == [400, 400]
    assert answer.examined == 2
    more = list_sessions(BOB, {"limit": "2", "sort": "tokens", "before": answer.next})
    assert not {row.id for row in more.sessions} & {row.id for row in answer.sessions}


def test_the_filters_that_leave_nothing_are_named(held: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PROBE_SECONDS", 60.0)  # s: a busy machine has time to look, too
    monkeypatch.setattr(listing, "ALL_PROBES_SECONDS", 60.0)
    assert excluding_filters(BOB, {"outcome": "closed", "min_cost": "5000"}) == {"min_cost": "without"}
    assert excluding_filters(BOB, {"q": "no such id", "min_cost": "5000"}) == {"q": "alone", "min_cost": "alone"}
    assert excluding_filters(BOB, {"owner": pseudonym(50)}) == {"owner": "without"}
    assert excluding_filters(ALICE, {"owner": pseudonym(5), "outcome": "closed"}) == {"owner": "without"}


LOOKED_FOR = """
from monitoring.people.viewer import Viewer
from monitoring.stats.repository import SESSIONS
from monitoring.stats.sessions.listing import page
from monitoring.stats.sessions.query import SessionQuery
from monitoring.stats.session import Detail, Session
from monitoring.events.ids import short
from monitoring.db.transactions import transactional
names = ["Odd", "odd", "a_b", "a.b", "ä%", "$x"]
rows = [
    Session(number, short(name), name, last_at=number, detail=Detail(models={name: [1] * 5, "qwen": [1] * 5}))
    for number, name in enumerate(names, 1)
]
transactional(SESSIONS.save)(SESSIONS.encode(rows))
bob = Viewer("bob", frozenset({"ops"}))
found = [[row.session_id for row in page(bob, SessionQuery(model=name)).sessions] for name in names]
print([one == [name] for one, name in zip(found, names)].count(True))
print(len(page(bob, SessionQuery(model="qwen")).sessions), len(page(bob, SessionQuery(model="ODD")).sessions))
"""


@pytest.mark.parametrize("database", ["postgresql", "mongodb"])
def test_a_model_is_found_by_exactly_its_name_on_every_database(database: str, copy: Callable[..., Server]) -> None:
    assert copy(database).shell(LOOKED_FOR).split() == ["6", "6", "0"]


def test_bounds_are_inclusive_and_may_be_missing() -> None:
    assert Range.between(3, 5) == Range(2, 6)
    assert (Range.between(None, 5).low, Range.between(3, None).high) == (Range().low, Range().high)


def test_equal_sums_are_equal_bytes_whatever_order_they_were_counted_in() -> None:
    details = (
        Detail(waits={7: 1, 30: 2}, models={"a": [1], "b": [2]}),
        Detail(waits={30: 2, 7: 1}, models={"b": [2], "a": [1]}),
    )
    one, other = SESSIONS.encode(Session(1, b"one", "one", detail=detail) for detail in details)
    assert one == other
    assert SESSIONS.row(one[: len(SESSIONS.columns)]).detail == details[0]
