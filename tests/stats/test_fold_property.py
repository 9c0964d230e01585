"""THE property: whatever is sent, in whatever order, in whatever batches, equals a recalculation from the beginning."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from folding import Kept, folded
from hypothesis import example, given, settings
from hypothesis import strategies as st
from profiles import examples
from recalculation import CLOCK, NAMES, owner_days, recalculated

from monitoring.events.record import Record
from monitoring.events.vocabulary import Data, Message, Operation, SessionEnded, SessionStarted, TokenUsage, Vote
from monitoring.stats import metrics
from monitoring.stats.figures import session_figures
from monitoring.stats.histogram import quantile
from monitoring.stats.rows import SessionFigures

BEGIN = datetime(2026, 11, 22, 9, 59, 30, tzinfo=UTC)
SESSIONS = ["s1", "s2", "S3"]
MODELS = [None, "llama3.2", "qwen", "zephyr"]
PEOPLE = {"alice": 1, "bob": 2, None: None}
Sent = tuple[datetime, Data]

steps = st.sampled_from([0, 1, 400, 999, 1000, 7_000, 29_999, 30_000, 65_000, 4_000_000])
moments = st.builds(lambda a, b: BEGIN + timedelta(milliseconds=a + b), steps, steps)
amounts = st.none() | st.integers(0, 500)
costs = st.none() | st.sampled_from([0.0, 0.01, 0.0000000015, 0.0000000001, 1.25])
roles = st.sampled_from(["user", "assistant", "user", "assistant", "system", "tool"])
statuses = st.sampled_from(["completed", "completed", "pending", "failed"])
sessions, models = st.sampled_from(SESSIONS), st.sampled_from(MODELS)
parts, totals, ends = st.integers(0, 500), st.none() | st.just(-1) | st.integers(1, 2000), st.none() | moments
"""A total of -1 stands for the sum of its parts."""
senders = st.sampled_from([None, None, "alice", "bob"])
changes = st.sampled_from(["none"] * 6 + ["role", "role", "time", "all"])
states, usages, repeats = st.integers(0, 3), st.sampled_from([0, 0, 1, 2]), st.integers(0, 2)


@st.composite
def histories(draw: st.DrawFn, id: str) -> list[Sent]:
    """One message's states and token records: mostly at one place, sometimes revised or moved."""
    session, role, at = draw(sessions), draw(roles), draw(moments)
    made: list[Sent] = []
    for _ in range(draw(states)):
        change = draw(changes)
        role = draw(roles) if change in ("role", "all") else role
        at = draw(moments) if change in ("time", "all") else at
        session = draw(sessions) if change == "all" else session
        tokens = {f"{name}_tokens": draw(amounts) for name in ("prompt", "completion")}
        total = draw(totals)
        tokens["total_tokens"] = sum(filter(None, tokens.values())) if total == -1 else total
        known = {"role": role, "status": draw(statuses), "completed_at": draw(ends)}
        known |= {"model": draw(models), "cost": draw(costs), "user_id": draw(senders)}
        made.append((at, Message(message_id=id, session_id=session, **known, **tokens)))
    for _ in range(draw(usages)):
        prompt, completion = draw(parts), draw(parts)
        model, cost = draw(models), draw(costs) or 0.0
        usage = TokenUsage(
            message_id=id, session_id=session, model=model, prompt_tokens=prompt, completion_tokens=completion,
            total_tokens=prompt + completion, cost=cost,
        )  # fmt: skip
        made.append((draw(moments), usage))
    return made + made[: draw(repeats)]


others = st.one_of(
    st.builds(SessionStarted, session_id=st.sampled_from(SESSIONS), user_id=st.just("alice")),
    st.builds(
        SessionEnded, session_id=st.sampled_from(SESSIONS), reason=st.sampled_from(["closed", "error", "timeout"]),
        user_agent=st.sampled_from([None, CLOCK]),
    ),
    st.builds(
        Operation, operation=st.just("search"), outcome=st.sampled_from(["ok", "failed", "timeout"]),
        session_id=st.none() | st.sampled_from(SESSIONS), duration_ms=st.none() | st.floats(0, 1e6),
        memory_bytes=st.none() | st.integers(0, 10**12), cpu_seconds=st.none() | st.floats(0, 100),
    ),
    st.builds(
        Vote, message_id=st.sampled_from(["m0", "m1"]), session_id=st.just("s1"),
        user_id=st.sampled_from(["alice", "bob"]), value=st.sampled_from(["up", "down", "none"]),
    ),
)  # fmt: skip


@st.composite
def rivers(draw: st.DrawFn) -> list[Sent]:
    """Everything that is sent, in the order in which it arrives."""
    made = [sent for number in range(draw(st.integers(1, 9))) for sent in draw(histories(f"m{number}"))]
    made += draw(st.lists(st.tuples(moments, others), max_size=6))
    return draw(st.permutations(made)) if draw(st.booleans()) else made


def micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def records(sent: list[Sent]) -> list[Record]:
    return [
        Record(
            position, micros(BEGIN) + position, micros(at), "any", data, PEOPLE[data.user_id],
            micros(at) - 1_800_000_000 if data.user_agent == CLOCK else None,
        )
        for position, (at, data) in enumerate(sent, 1)
    ]  # fmt: skip


def compare(kept: Kept, sent: list[Sent]) -> None:
    figures, buckets = recalculated([(arrival, micros(at), data) for arrival, (at, data) in enumerate(sent)])
    nothing = dict.fromkeys(NAMES, 0) | {"models": {}, "histogram": {}, "free": {}, "gaps": {}}
    for row in kept.sessions.values():
        expected = figures.pop(row.session_id, nothing)
        assert {name: getattr(row, name) or 0 for name in NAMES} == {name: expected[name] for name in NAMES}
        assert row.detail.waits == expected["histogram"]
        for name in ("models", "free"):
            assert {key: tuple(sums) for key, sums in getattr(row.detail, name).items()} == expected[name]
        assert row.detail.gaps == expected["gaps"]
        shown(session_figures(row, 300), expected)
    assert not figures, "sessions that the fold does not know"
    assert {place: counts for place, (_, counts) in kept.buckets.items()} == buckets
    people = {number: name for name, number in PEOPLE.items()}
    theirs = {(people[person], day): counts for (person, day), (_, counts) in kept.owner_days.items()}
    assert theirs == owner_days([(arrival, micros(at), data) for arrival, (at, data) in enumerate(sent)])


def shown(said: SessionFigures, expected: dict[str, Any]) -> None:
    """The figures as people see them: seconds and dollars."""
    count = expected["responses"]
    assert said.total_cost == expected["cost"] / 1e9
    assert said.average_response_time == (expected["wait_sum"] / 1e6 / count if count else 0)
    assert said.average_time_to_start == (expected["start_sum"] / 1e6 / count if count else 0)
    lasted = (expected["last_at"] - expected["first_at"]) / 1e6 if expected["message_count"] else 0
    assert said.conversation_duration == lasted
    assert (said.last_message_at is None) == (expected["message_count"] == 0)
    active = sum(us for border, us in expected["gaps"].items() if border in (60, 120, 300))
    assert said.active_seconds == active / 1e6
    assert round(said.active_seconds + said.idle_seconds, 6) == round(lasted, 6)
    assert said.response_p95 == quantile(expected["histogram"], 0.95)


def told(role: str, id: str, second: int, status: str = "completed", session: str = "s1", **more: Any) -> Sent:
    data = Message(message_id=id, session_id=session, role=role, status=status, **more)  # type: ignore[arg-type]
    return BEGIN + timedelta(seconds=second), data


@given(rivers(), st.lists(st.integers(1, 12), min_size=1, max_size=6))
@settings(max_examples=examples(300))
@example([told("user", "q", 0), told("assistant", "a", 2), told("system", "z", 1)], [1])
@example([told("assistant", "a", 2), told("user", "q", 0), told("assistant", "a", 2, session="s2")], [2, 1])
@example([told("user", "q", 0), told("assistant", "a", 1, "pending"), told("assistant", "a", 1, "failed")], [1])
def test_the_fold_equals_a_recalculation_from_the_beginning(sent: list[Sent], sizes: list[int]) -> None:
    compare(folded(records(sent), sizes), sent)


@given(rivers(), st.randoms(use_true_random=False))
@settings(max_examples=examples(60))
def test_batches_of_1_and_37_and_500_give_identical_rows(sent: list[Sent], chance: Any) -> None:
    many = [one for _ in range(6) for one in chance.sample(sent, len(sent))] + sent
    one, some, all = (folded(records(many), [size]).everything() for size in (1, 37, 500))
    assert one == some
    assert some == all


def left(*sent: Sent) -> dict[str, int]:
    """The positions at which something last left its place, by session."""
    return {row.session_id: row.left_position for row in folded(records(list(sent)), [1]).sessions.values()}


def test_a_session_knows_when_something_left_its_place() -> None:
    talk = told("user", "q", 0), told("assistant", "a", 5)
    assert left(*talk, told("user", "r", 9)) == {"s1": 0}
    assert left(*talk, told("assistant", "a", 7)) == {"s1": 0}, "a message that moves to a later time is sent anew"
    assert left(*talk, told("assistant", "a", 3), told("user", "r", 9)) == {"s1": 3}
    assert left(*talk, told("assistant", "a", 7, session="s2")) == {"s1": 3, "s2": 0}
    assert left(*talk, told("assistant", "a", 3), told("assistant", "a", 2)) == {"s1": 4}


def test_a_vote_that_changes_leaves_its_place_and_the_first_one_does_not() -> None:
    def vote(second: int, value: Literal["up", "down", "none"]) -> Sent:
        return BEGIN + timedelta(seconds=second), Vote(message_id="a", session_id="s1", value=value)

    talk = told("user", "q", 0), told("assistant", "a", 5)
    assert left(*talk, vote(6, "up")) == {"s1": 0}
    assert left(*talk, vote(6, "up"), vote(7, "down")) == {"s1": 4}
    assert left(*talk, vote(6, "up"), vote(7, "none"), vote(8, "up")) == {"s1": 4}
    changed = folded(records([*talk, vote(6, "up"), vote(7, "down"), vote(8, "up")]), [1])
    assert [(row.votes_up, row.votes_down) for row in changed.sessions.values()] == [(1, 0)]


def test_an_operation_is_kept_with_its_session() -> None:
    kept = folded(records([(BEGIN, Operation(operation="rest", outcome="failed", session_id="s1"))]), [1])
    assert [one.session for one in kept.operations.values()] == [row.key for row in kept.sessions.values()]


def test_a_pending_answer_does_not_count_until_it_is_completed() -> None:
    sent = [told("user", "q", 0), told("assistant", "a", 1, "pending")]
    row = next(iter(folded(records(sent), [1]).sessions.values()))
    assert (row.responses, row.pending_messages) == (0, 1)
    sent.append(told("assistant", "a", 1, completed_at=BEGIN + timedelta(seconds=9)))
    row = next(iter(folded(records(sent), [1]).sessions.values()))
    assert (row.responses, row.pending_messages, row.wait_sum, row.start_sum) == (1, 0, 9_000_000, 1_000_000)


def test_an_answer_that_ended_before_its_question_has_no_response_time_and_is_counted_by_itself() -> None:
    sent = [told("user", "q", 5), told("assistant", "a", 6, "failed", completed_at=BEGIN), told("user", "r", 10)]
    sent.append(told("assistant", "b", 11, completed_at=BEGIN + timedelta(seconds=14)))
    kept = folded(records(sent), [1])
    row = next(iter(kept.sessions.values()))
    assert (row.responses, row.skewed_responses, row.failed_messages) == (1, 1, 1)
    assert session_figures(row, 300).average_response_time == 4.0
    assert session_figures(row, 300).average_time_to_start == 1.0
    assert [message.wait for message in kept.messages.values() if message.role == "assistant"] == [None, 4_000_000]
    compare(kept, sent)
    again = told("assistant", "a", 6, completed_at=BEGIN + timedelta(seconds=7))
    compare(folded(records([*sent, again]), [1]), [*sent, again])


def test_a_session_that_ended_before_it_began_has_no_lifetime() -> None:
    sent = [told("user", "q", 5), (BEGIN, SessionEnded(session_id="s1", reason="closed"))]
    kept = folded(records(sent), [1])
    lives = metrics.LIFETIME, metrics.LIFETIME_BANDS, metrics.LIFETIME_SUM
    assert not any(metric.read(groups) for _, groups in kept.buckets.values() for metric in lives)
    compare(kept, sent)


def test_waits_of_exactly_a_second_stand_in_the_band_that_begins_there() -> None:
    sent = [one for n in range(9) for one in (told("user", f"q{n}", 10 * n), told("assistant", f"r{n}", 10 * n + 1))]
    (day,) = [groups for (width, _), (_, groups) in folded(records(sent), [1]).buckets.items() if width == 86_400]
    assert (metrics.RESPONSE_BANDS.read(day), metrics.LAST_BANDS.read(day)) == ({"1": 9}, {"1": 1})


def test_a_tiny_cost_does_not_vanish() -> None:
    sent = [told("assistant", f"a{n}", n, cost=0.0000000001, prompt_tokens=1) for n in range(41)]
    row = next(iter(folded(records(sent), [1]).sessions.values()))
    assert (row.cost, row.detail.free) == (41, {})


def test_a_pending_state_that_comes_late_changes_nothing() -> None:
    done = told("assistant", "a", 2, total_tokens=7)
    kept = folded(records([told("user", "q", 0), done, told("assistant", "a", 3, "pending", total_tokens=1)]), [1])
    row = next(iter(kept.sessions.values()))
    assert (row.total_tokens, row.last_at, row.pending_messages) == (7, micros(BEGIN) + 2_000_000, 0)


def test_a_question_that_turns_out_to_be_another_role_is_nobody_s_question_any_more() -> None:
    """The role changes and a late answer comes in one batch, while the rows kept still say `user`."""
    before = [told("user", "b", 0), told("assistant", "c", 10)]
    sent = [*before, told("system", "b", 0), told("assistant", "d", 5)]
    compare(folded(records(sent), [2]), sent)


def test_tokens_of_a_question_whose_total_says_zero_are_counted_still() -> None:
    sent = [told("user", "q", 0, prompt_tokens=5, completion_tokens=1, total_tokens=0)]
    compare(folded(records(sent), [1]), sent)


@pytest.mark.parametrize("second", [60, 120])
def test_a_real_end_holds_against_the_clock_s_whoever_was_first(second: int) -> None:
    """Closed with the last message or a minute later; the clock, which did not know yet, says that the silence after
    the message was a timeout."""
    begun = [told("user", "q", 0), told("assistant", "a", 60)]
    closed = BEGIN + timedelta(seconds=second), SessionEnded(session_id="s1", reason="closed")
    timeout = BEGIN + timedelta(seconds=1_860), SessionEnded(session_id="s1", reason="timeout", user_agent=CLOCK)
    for ends in ([closed, timeout], [timeout, closed]):
        kept = folded(records([*begun, *ends]), [1])
        row = next(iter(kept.sessions.values()))
        assert (row.end_reason, row.ended_at) == ("closed", micros(BEGIN) + second * 1_000_000)
        compare(kept, [*begun, *ends])


def test_of_two_ends_at_the_same_time_the_order_of_arrival_decides_nothing() -> None:
    ends = [(BEGIN, SessionEnded(session_id="s1", reason=reason)) for reason in ("closed", "error")]
    rows = [next(iter(folded(records(sent), [1]).sessions.values())) for sent in (ends, ends[::-1])]
    assert [row.end_reason for row in rows] == ["error", "error"]


def test_a_start_without_a_type_keeps_the_type_that_is_known() -> None:
    sent: list[Sent] = [
        (BEGIN, SessionStarted(session_id="s1", session_type="chat")),
        (BEGIN, SessionStarted(session_id="s1")),
    ]
    assert next(iter(folded(records(sent), [1]).sessions.values())).session_type == "chat"


def test_a_timeout_after_a_message_that_came_later_than_the_close_holds() -> None:
    sent = [told("user", "q", 0), told("user", "r", 5_000)]
    sent.insert(1, (BEGIN + timedelta(seconds=120), SessionEnded(session_id="s1", reason="closed")))
    sent.append((BEGIN + timedelta(seconds=6_800), SessionEnded(session_id="s1", reason="timeout", user_agent=CLOCK)))
    row = next(iter(folded(records(sent), [1]).sessions.values()))
    assert (row.end_reason, row.outcome) == ("timeout", "timeout")


def test_a_message_that_comes_late_into_the_silence_opens_a_session_that_ended_for_it() -> None:
    first, second = told("user", "q", 0), told("user", "r", 900)
    timeout = BEGIN + timedelta(seconds=1_800), SessionEnded(session_id="s1", reason="timeout", user_agent=CLOCK)
    outcomes = []
    for sent in ([first, timeout], [first, timeout, second], [first, second, timeout]):
        row = next(iter(folded(records(sent), [1]).sessions.values()))
        outcomes.append((row.outcome, row.open_at))
    assert outcomes == [("timeout", None), *[("open", micros(BEGIN) + 900_000_000)] * 2]


def test_a_timeout_that_the_application_says_is_an_end_like_any_other() -> None:
    sent = [told("user", "q", 0), (BEGIN + timedelta(seconds=600), SessionEnded(session_id="s1", reason="timeout"))]
    row = next(iter(folded(records(sent), [1]).sessions.values()))
    assert (row.outcome, row.open_at) == ("timeout", None)


def test_a_gap_that_a_late_message_divides_is_counted_by_its_pieces() -> None:
    sent = [told("user", "q", 100), told("assistant", "a", 165), told("user", "r", 130)]
    kept = folded(records(sent), [1])
    assert next(iter(kept.sessions.values())).detail.gaps == {60: 65_000_000}
    compare(kept, sent)
