"""The plain recount equals the tests' own recalculation, whatever the talk; and what counts as equal to what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict, replace
from profiles import examples
from recalculation import NAMES, micros, recalculated, tokens_of

from monitoring.events.vocabulary import Message, TokenUsage
from monitoring.operations.application import Counted, averages
from monitoring.operations.causes import Evidence, likely_cause
from monitoring.operations.difference import Against, Cause, Difference, same
from monitoring.operations.recount import Row, recount, summary_of

BEGIN = datetime(2026, 11, 22, 9, 59, 30, tzinfo=UTC)
Talk = list[tuple[datetime, Message, list[TokenUsage]]]
moments = st.builds(
    lambda ms: BEGIN + timedelta(milliseconds=ms), st.sampled_from([0, 1, 400, 7_000, 65_000, 4_000_000])
)
amounts = st.none() | st.integers(0, 500)


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    """The messages of one session, each with its records of tokens."""
    made: Talk = []
    for number in range(draw(st.integers(0, 8))):
        id = f"m{number}"
        data = Message(
            message_id=id, session_id="s", role=draw(st.sampled_from(["user", "assistant", "system", "tool"])),
            status=draw(st.sampled_from(["completed", "pending", "failed"])), completed_at=draw(st.none() | moments),
            model=draw(st.sampled_from([None, "llama", "qwen"])), cost=draw(st.sampled_from([None, 0.0, 0.01, 1.25])),
            prompt_tokens=draw(amounts), completion_tokens=draw(amounts), total_tokens=draw(amounts),
        )  # fmt: skip
        usages = [
            TokenUsage(message_id=id, session_id="s", model=draw(st.sampled_from([None, "zephyr", "llama"])),
                       prompt_tokens=draw(st.integers(0, 9)), completion_tokens=1, total_tokens=7, cost=0.5)
            for _ in range(draw(st.sampled_from([0, 0, 1, 2])))
        ]  # fmt: skip
        made.append((draw(moments), data, usages))
    return made


def rows(talk: Talk) -> list[Row]:
    """As the statistics keep them, in order; `asked_at` is the question's right before."""
    made: list[Row] = []
    for at, data, usages in sorted(talk, key=lambda one: (one[0], one[1].message_id)):
        carried, recorded = tokens_of(data, []), tokens_of(data, usages) if usages else (0, 0, 0, 0)
        model = min((one.model for one in usages if one.model), default=None)
        asked = made[-1].at if made and made[-1].role == "user" and data.role == "assistant" else None
        done = None if data.completed_at is None else micros(data.completed_at)
        head = (1, micros(at), data.message_id, data.role, data.status, done, data.model)
        made.append(Row(*head, *carried, len(usages), *recorded, model, asked))
    return made


@given(talks())
@settings(max_examples=examples(200))
def test_a_recount_equals_the_recalculation_of_everything_that_was_sent(talk: Talk) -> None:
    sent: list[tuple[int, int, Any]] = [(0, micros(at), data) for at, data, _ in talk]
    sent += [(1, micros(at), usage) for at, _, usages in talk for usage in usages]
    nothing = dict.fromkeys(NAMES, 0) | {"models": {}, "histogram": {}, "gaps": {}, "free": {}}
    expected = recalculated(sent)[0].get("s", nothing)
    found = recount(rows(talk))
    sums = found.figures()
    ours = [name for name in NAMES if name not in ("failed_operations", "votes_up", "votes_down", "ended_at")]
    assert {name: sums[name] or 0 for name in ours} == {name: expected[name] for name in ours}
    assert sums["histogram"] == expected["histogram"]
    assert {name: tuple(amounts) for name, amounts in sums["models"].items()} == expected["models"]
    assert {name: tuple(amounts) for name, amounts in sums["free"].items()} == expected["free"]
    assert sums["gaps"] == expected["gaps"]
    assert sum(sums["hours"].values()) == len(talk)
    assert sums["asked_at"] == found.asked_at_kept
    lasted = (expected["last_at"] - expected["first_at"]) / 1e6 if talk else 0.0
    assert summary_of(found).conversation_duration == lasted


def test_an_empty_session_has_zeros_and_no_last_message() -> None:
    assert asdict(summary_of(recount([]))) == {
        "message_count": 0, "total_tokens": 0, "total_cost": 0.0, "last_message_at": None,
        "average_response_time": 0.0, "conversation_duration": 0.0, "user_messages": 0, "assistant_messages": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "ours", "theirs", "equal"),
    [
        ("total_tokens", 7, 7.0, True),
        ("total_tokens", 7, 8, False),
        ("total_tokens", 0, None, True),
        ("total_tokens", 7, "a str", False),
        ("total_cost", 0.3, 0.1 + 0.2, True),
        ("total_cost", 0.3, 0.300001, False),
        ("total_cost", 0.000000005, 0.0, True),
        ("total_cost", 0.000000006, 0.0, False),
        ("average_response_time", 3.0, 3.0009, True),
        ("average_response_time", 3.0, 3.002, False),
        ("last_message_at", None, None, True),
        ("last_message_at", "2026-11-22T09:59:30.001Z", "2026-11-22T09:59:30.002Z", False),
    ],
)
def test_costs_may_differ_by_their_rounding_and_nothing_else(figure: str, ours: Any, theirs: Any, equal: bool) -> None:
    assert same(figure, ours, theirs, 5) is equal


def spoken(role: str, began: int, done: int, status: str = "COMPLETED") -> dict[str, Any]:
    moment = [BEGIN.replace(tzinfo=None) + timedelta(seconds=second) for second in (began, done)]
    return {"role": role, "status": status, "created_at": moment[0], "updated_at": moment[1]}


def test_the_three_averages_tell_the_clock_from_the_words() -> None:
    mixed = [
        spoken("USER", 0, 0), spoken("ASSISTANT", 1, 9), spoken("user", 20, 20), spoken("assistant", 23, 30),
        spoken("User", 40, 40), spoken("ASSISTANT", 45, 45, "PENDING"), {"role": None},
    ]  # fmt: skip
    found = averages(mixed)
    assert (found.whole, found.begun, found.lower) == (9.5, 3.0, 3.0)
    assert averages([]) == averages([spoken("USER", 0, 0), {"role": "assistant", "created_at": "now"}])


def evidence(counted: Counted, ours: dict[str, Any], behind: bool = False, foreign: bool = False) -> Evidence:
    return Evidence(
        replace(summary_of(recount([])), **ours), counted, (), False, behind, lambda: averages([]), lambda: foreign
    )


@pytest.mark.parametrize(
    ("documents", "behind", "foreign", "cause"),
    [
        (2, False, False, Cause.OWN_COUNT),
        (2, True, True, Cause.OWN_COUNT),
        (1, True, False, Cause.DELETED),
        (1, False, True, Cause.ELSEWHERE),
        (3, True, False, Cause.LATE),
        (3, False, False, Cause.MISSING),
    ],
)
def test_the_application_s_documents_decide_what_explains_a_count(
    documents: int, behind: bool, foreign: bool, cause: Cause
) -> None:
    known = evidence(Counted(messages=documents), {"message_count": 2}, behind, foreign)
    assert likely_cause("message_count", 9, known) == cause


def test_tokens_that_nobody_can_explain_are_unknown() -> None:
    ours = {"message_count": 2, "total_tokens": 5, "total_cost": 1.0}
    assert likely_cause("total_cost", 3.0, evidence(Counted(messages=2, tokens=5, cost=2.0), ours)) == Cause.UNKNOWN
    assert likely_cause("total_tokens", 9, evidence(Counted(messages=2, tokens=4), ours)) == Cause.DELETED


def test_a_difference_is_one_printable_line() -> None:
    known = Difference("a\nb\x1b[2J", "message_count", 1, None, Against.APPLICATION, Cause.NOT_THERE)
    assert str(known).startswith("session a?b?[2J message_count: 1 here, nothing in the application (not there: ")
    long = Difference("s", "models", {"m" * 500: 1}, 0.1 + 0.2, Against.RECALCULATION, Cause.UNKNOWN)
    assert len(str(long)) < 400
    assert "0.3 by its messages (unknown" in str(long)
