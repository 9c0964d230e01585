"""A trace's tokens are counted once, whichever way its spans arrive."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.ingest.sources.otel import trees
from monitoring.ingest.sources.otel.trees import NO_CONTEXT, SpanContext, SpanDecision, SpanNode, Trees

CALL, AGENT, LINK = "call", "agent", "link"


def part(
    id: str, parent: str = "", kind: str = LINK, start: int = 0, end: int = 100, context: SpanContext = NO_CONTEXT
) -> SpanNode:
    return SpanNode("t", id, parent, start, end, context, kind == CALL, kind != LINK)


def counted(memory: Trees, parts: Sequence[SpanNode]) -> set[str]:
    decisions = memory.decide(parts)
    return {part.id for part, decision in zip(parts, decisions, strict=True) if decision.counted}


WORKFLOW = [
    part("agent", "", AGENT, 0, 100),
    part("first", "agent", CALL, 1, 20),
    part("tool", "agent", LINK, 21, 60),
    part("inner", "tool", AGENT, 22, 59),
    part("deep", "inner", CALL, 23, 50),
    part("last", "agent", CALL, 61, 99),
]
USED = {"agent": 60, "first": 10, "inner": 20, "deep": 20, "last": 30}


@pytest.mark.parametrize("order", list(permutations(range(6)))[::7])
def test_leaves_are_counted_in_whichever_order_one_request_has_them(order: Sequence[int]) -> None:
    assert counted(Trees(), [WORKFLOW[index] for index in order]) == {"first", "deep", "last"}


@pytest.mark.parametrize("order", list(permutations(range(6)))[::7])
def test_tokens_are_counted_once_in_whichever_order_single_spans_come(order: Sequence[int]) -> None:
    memory = Trees()
    found = set().union(*(counted(memory, [WORKFLOW[index]]) for index in order))
    assert sum(USED[id] for id in found) == USED["agent"]


def test_an_agent_alone_is_a_leaf() -> None:
    assert counted(Trees(), [part("agent", "", AGENT)]) == {"agent"}


def test_a_call_under_an_agent_that_was_counted_is_not() -> None:
    memory = Trees()
    assert counted(memory, [part("agent", "", AGENT)]) == {"agent"}
    assert counted(memory, [part("a", "agent", CALL), part("b", "agent", CALL)]) == set()


def test_a_span_without_tokens_links_those_above_and_below_whenever_it_comes() -> None:
    for order in permutations([part("top", "", AGENT), part("step", "top"), part("call", "step", CALL, 1, 9)]):
        memory = Trees()
        assert len([id for one in order for id in counted(memory, [one])]) == 1


def test_calls_of_a_parent_that_has_not_come_are_all_counted() -> None:
    memory = Trees()
    assert counted(memory, [part("a", "root", CALL, 0, 50)]) == {"a"}
    assert counted(memory, [part("b", "root", CALL, 10, 20)]) == {"b"}
    assert counted(memory, [part("agent", "root", AGENT, 0, 60)]) == {"agent"}
    assert counted(memory, [part("root", "", AGENT, 0, 100)]) == set()


def test_an_agent_is_not_taken_for_the_parent_of_what_happened_before_it() -> None:
    memory = Trees()
    assert counted(memory, [part("a", "gone", CALL, 0, 50)]) == {"a"}
    assert counted(memory, [part("agent", "", AGENT, 60, 90)]) == {"agent"}


def test_a_call_that_tells_no_tokens_is_counted_where_nothing_else_is() -> None:
    silent = SpanNode("t", "silent", "agent", 1, 2, call=True)
    assert counted(Trees(), [silent, part("agent")]) == {"silent"}
    inner = part("inner", "silent", CALL)
    assert counted(Trees(), [silent, inner]) == {"inner"}
    assert counted(Trees(), [SpanNode("t", "under", "outer", 0, 1, call=True), part("outer", "", CALL)]) == {"outer"}


def test_tokens_are_not_lost_to_a_call_below_that_told_none() -> None:
    memory = Trees()
    assert counted(memory, [SpanNode("t", "silent", "outer", 1, 2, call=True)]) == {"silent"}
    assert counted(memory, [part("outer", "", CALL)]) == {"outer"}


def test_a_span_that_comes_again_is_what_it_was() -> None:
    memory = Trees()
    agent, call = part("agent", "", AGENT), part("call", "agent", CALL, context=SpanContext("s", "u"))
    first = memory.decide([agent])
    assert memory.decide([call, agent]) == [SpanDecision(False, SpanContext("s", "u")), first[0]]
    assert memory.decide([agent, call]) == [first[0], SpanDecision(False, SpanContext("s", "u"))]
    assert memory.decide([call, call])[0] == SpanDecision(False, SpanContext("s", "u"))


def test_who_asked_is_taken_from_the_nearest_above_then_from_the_trace() -> None:
    parts = [
        part("root", context=SpanContext("outer", "alice", "192.0.2.1")),
        part("step", "root", context=SpanContext("inner")),
        part("call", "step", CALL),
        part("lost", "gone", CALL),
    ]
    for order in permutations(parts):
        found = dict(zip([one.id for one in order], Trees().decide(order), strict=True))
        assert found["call"].context == SpanContext("inner", "alice", "192.0.2.1")
        assert found["root"].context == SpanContext("outer", "alice", "192.0.2.1")
        assert found["lost"].context == SpanContext(), "two sessions are spoken of: whose it is cannot be told"


def test_where_one_session_is_spoken_of_a_span_without_a_way_up_is_part_of_it() -> None:
    parts = [part("root", context=SpanContext("s", "alice")), part("lost", "gone", CALL)]
    assert [decision.context for decision in Trees().decide(parts)] == [SpanContext("s", "alice")] * 2


def test_nobody_gets_the_person_of_another_session_beside_theirs() -> None:
    parts = [part("a", context=SpanContext("s1", "alice")), part("b", context=SpanContext("s2"))]
    for order in (parts, parts[::-1]):
        found = dict(zip([one.id for one in order], Trees().decide(order), strict=True))
        assert found["b"].context == SpanContext("s2")


def test_who_asked_is_remembered_for_the_spans_of_later_requests() -> None:
    memory = Trees()
    assert memory.decide([part("a", "root", CALL)])[0].context == SpanContext()
    memory.decide([part("root", context=SpanContext("s", "alice"))])
    assert memory.decide([part("b", "root", CALL)])[0].context == SpanContext("s", "alice")
    assert memory.decide([part("a", "root", CALL)])[0].context == SpanContext()


def test_traces_do_not_know_each_other() -> None:
    memory = Trees()
    memory.decide([part("a", "", AGENT, context=SpanContext("s"))])
    other = part("a", "", AGENT)._replace(trace="other")
    assert memory.decide([other]) == [SpanDecision(True, SpanContext())]


def test_spans_that_are_their_own_parents_end_no_process() -> None:
    ring = [part("a", "b", CALL), part("b", "c", CALL), part("c", "a", CALL), part("d", "d", CALL)]
    assert "d" in counted(Trees(), ring)


def test_the_memory_is_bounded_and_forgets_what_was_not_heard_of_for_longest() -> None:
    memory = Trees(max_spans=100)
    memory.decide([part("kept", "", AGENT)._replace(trace="kept")])
    for index in range(1_000):
        memory.decide([part("a", "", CALL)._replace(trace=f"t{index}")])
        memory.decide([part("kept", "", AGENT)._replace(trace="kept")])
    assert memory.size <= 100
    assert not memory.decide([part("child", "kept", CALL)._replace(trace="kept")])[0].counted


def keep(memory: Trees, trace: str, spans: int, calls: int = 1) -> None:
    """A trace of so many spans, of which so many are calls that may still be moved."""
    kinds = [CALL] * calls + [LINK] * (spans - calls)
    memory.decide([part(f"s{index}", "above", kind)._replace(trace=trace) for index, kind in enumerate(kinds)])
    for index in range(calls):
        memory.remember(trace, f"s{index}", b"told")


def test_a_trace_that_is_forgotten_is_not_held_by_its_calls_that_may_be_moved() -> None:
    memory, sizes = Trees(max_spans=1_000), []
    tracemalloc.start()
    for index in range(40):
        keep(memory, f"t{index}", 200)
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert (memory.size, memory.movable) == (804, 4)
    assert sizes[-1] < sizes[9] * 1.2


def test_a_call_that_its_trace_forgot_is_not_remembered_for_what_was_told() -> None:
    memory = Trees()
    for _ in range(2):
        keep(memory, "t", 10, 10)
    memory.decide([part(f"late{index}", "above") for index in range(trees.MAX_SPANS_PER_TRACE)])
    assert (memory.size, memory.movable) == (trees.MAX_SPANS_PER_TRACE, 0)


def test_one_trace_is_bounded_and_keeps_what_is_above() -> None:
    memory = Trees()
    for index in range(trees.MAX_SPANS_PER_TRACE * 2):
        assert counted(memory, [part(f"call{index}", "agent", CALL)])
    assert memory.size == trees.MAX_SPANS_PER_TRACE
    assert counted(memory, [part("agent", "", AGENT)]) == set()


@dataclass(frozen=True)
class Shape:
    """A span with those under it."""

    kind: str
    below: tuple["Shape", ...] = ()


SHAPES = st.recursive(
    st.just(Shape(CALL)) | st.just(Shape(AGENT)),
    lambda inner: st.builds(Shape, st.sampled_from([AGENT, LINK]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=8,
)


def spread(shape: Shape, parent: str, id: str, start: int, used: dict[str, int]) -> tuple[list[SpanNode], int]:
    """The parts of a tree whose spans run one after another inside their parents, and the time after them; what each
    used is put down: of an agent, all that was used under it."""
    parts, at = [], start + 1
    for index, below in enumerate(shape.below):
        more, at = spread(below, id, f"{id}.{index}", at + 1, used)
        parts += more
    used[id] = sum(used[f"{id}.{index}"] for index in range(len(shape.below))) if shape.below else len(id) * 7
    return [*parts, part(id, parent, shape.kind, start, at + 1)], at + 2


@given(SHAPES, st.randoms(use_true_random=False), st.integers(1, 4))
def test_every_tree_in_every_order_and_division_is_counted_once(shape: Shape, random: Random, size: int) -> None:
    used: dict[str, int] = {}
    parts, _ = spread(shape, "", "r", 0, used)
    random.shuffle(parts)
    memory = Trees()
    requests = [parts[at : at + size] for at in range(0, len(parts), size)]
    found = [id for request in requests for id in counted(memory, request)]
    assert sum(used[id] for id in found) == used["r"]
    assert [id for request in requests for id in counted(memory, request)] == found
