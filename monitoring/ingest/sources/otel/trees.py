"""Decides which spans of a trace are counted, and to which session and user they belong. Pure.

An agent's span repeats the tokens of the calls below it, so only one of them is counted.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_REMEMBERED_SPANS = 50_000
"""Most remembered spans, about 800 bytes each; above the limit the least recently used traces are forgotten."""
MAX_SPANS_PER_TRACE = 2_000
"""Most spans of one trace that are remembered between requests."""
MAX_DEPTH = 100
"""Most ancestors of a span that are searched."""
MAX_MOVABLE_CALLS = 10_000
"""Most calls whose events are remembered, about 1 kB each, because a later ancestor may still name their session or
user. Above the limit the oldest keep theirs."""
MAX_NEIGHBOURS = 64
"""Most recent calls and agents that are searched for a missing link."""


class SpanContext(NamedTuple):
    """The session and the user of a span, as far as known."""

    session: str | None = None
    user: str | None = None
    ip: str | None = None
    agent: str | None = None

    def completed_by(self, other: "SpanContext") -> "SpanContext":
        """Returns this context with the other's values for missing ones."""
        if other is self or other is NO_CONTEXT:
            return self
        return SpanContext(
            self.session or other.session, self.user or other.user, self.ip or other.ip, self.agent or other.agent
        )


NO_CONTEXT = SpanContext()


class SpanNode(NamedTuple):
    """A span as a node of its trace. `call`: it calls a model; `tokens`: it has token counts. A span with neither only
    links others, and is never counted."""

    trace: str
    id: str
    parent: str
    start: int
    end: int
    context: SpanContext = NO_CONTEXT
    call: bool = False
    tokens: bool = False


class Move(NamedTuple):
    """A call of an earlier request whose session or user is now known: the events that were sent, and the new
    context."""

    events: bytes
    context: SpanContext


class SpanDecision(NamedTuple):
    """The decision about a span when it first arrived; it is the same when the span arrives again. `moved`: calls with
    a new context because of this span and others of its request."""

    counted: bool
    context: SpanContext
    moved: tuple[Move, ...] = ()


UNDECIDED = SpanDecision(False, NO_CONTEXT)


@dataclass(slots=True, eq=False)
class _Node:
    """A span, or a gap (`seen` is false): the parent of a span that has not arrived. `counted_below`: a descendant is
    counted; `tokens_below`: one with tokens."""

    id: str
    parent: "_Node | None" = None
    start: int = 0
    end: int = 0
    context: SpanContext = NO_CONTEXT
    decision: SpanDecision = UNDECIDED
    events: bytes = b""
    seen: bool = False
    call: bool = False
    tokens: bool = False
    counted: bool = False
    counted_below: bool = False
    tokens_below: bool = False

    def ancestors(self) -> "list[_Node]":
        """Returns the ancestors, the nearest first."""
        result: list[_Node] = []
        node = self.parent
        while node is not None and len(result) < MAX_DEPTH:
            result.append(node)
            node = node.parent
        return result

    def root(self) -> "_Node":
        """Returns the root, or the gap above which nothing is known."""
        node, levels = self, 0
        while node.parent is not None and levels < MAX_DEPTH:
            node, levels = node.parent, levels + 1
        return node

    def mark_ancestors(self, tokens_below: bool) -> None:
        """Marks the ancestors of a counted span."""
        for node in self.ancestors():
            if node.counted_below and (node.tokens_below or not tokens_below):
                return
            node.counted_below, node.tokens_below = True, node.tokens_below or tokens_below

    def contains(self, other: "_Node") -> bool:
        return self.start <= other.start and other.end <= self.end


@dataclass(slots=True, eq=False)
class _Trace:
    """The spans of one trace, in the order of their last use. `movable`: calls whose session or user a later span may
    still name. `moved`: moved calls by the id of the span that moved them. When that span arrives again, because its
    request was not acknowledged, the moves are returned again."""

    nodes: dict[str, _Node] = field(default_factory=dict)
    context: SpanContext = NO_CONTEXT
    several_sessions: bool = False
    calls: deque[_Node] = field(default_factory=lambda: deque(maxlen=MAX_NEIGHBOURS))
    agents: deque[_Node] = field(default_factory=lambda: deque(maxlen=MAX_NEIGHBOURS))
    movable: dict[str, _Node] = field(default_factory=dict)
    moved: dict[str, list[_Node]] = field(default_factory=dict)

    def decide(self, spans: Sequence[SpanNode]) -> list[SpanDecision]:
        """Returns the decision of each span. The order of the spans makes no difference."""
        added = [(span, node) for span in spans if (node := self._add(span)) is not None]
        if len(added) > 1:
            added.sort(key=lambda pair: (pair[0].start, pair[0].id))
        for span, node in added:
            self.several_sessions |= bool(
                span.context.session and self.context.session not in (None, span.context.session)
            )
            self.context = self.context.completed_by(span.context)
            if node.call and node.tokens:
                self.calls.append(node)
        self._count([node for _, node in added if node.call or node.tokens])
        for _, node in added:
            node.decision = SpanDecision(node.counted, self._context(node))
        if added and self.movable and self.context is not NO_CONTEXT:
            self._move(next((span.id for span, _ in added if span.context is not NO_CONTEXT), added[0][0].id))
        return [self._decision(span.id) for span in spans]

    def _move(self, by: str) -> None:
        """Updates the context of calls of earlier requests from ancestors that are now known."""
        moved = []
        for node in self.movable.values():
            context = self._context(node)
            if (context.session, context.user) != (node.decision.context.session, node.decision.context.user):
                node.decision = SpanDecision(True, context)
                moved.append(node)
        if moved:
            self.moved[by] = moved

    def _decision(self, id: str) -> SpanDecision:
        node = self.nodes[id]
        moves = tuple(Move(call.events, call.decision.context) for call in self.moved.get(id, ()) if call.events)
        return node.decision._replace(moved=moves) if moves else node.decision

    def _add(self, span: SpanNode) -> _Node | None:
        """Links a span into the tree. Returns None if it is there already."""
        node = self._node(span.id)
        if node.seen:
            return None
        node.seen, node.call, node.tokens = True, span.call, span.tokens
        node.start, node.end, node.context = span.start, span.end, span.context
        if span.parent and span.parent != span.id:
            node.parent = self._node(span.parent)
            for ancestor in node.ancestors():
                self.nodes[ancestor.id] = self.nodes.pop(ancestor.id, ancestor)
        if node.counted_below:
            node.mark_ancestors(node.tokens_below)
        return node

    def _node(self, id: str) -> _Node:
        node = self.nodes.get(id)
        if node is None:
            node = self.nodes[id] = _Node(id)
        return node

    def _count(self, nodes: list[_Node]) -> None:
        """Counts leaves first, spans with tokens before those without, and calls before agents if their root is
        unknown."""
        if len(nodes) > 1:
            nodes.sort(key=lambda node: (not node.tokens, node.root().seen, -len(node.ancestors())))
        for node in nodes:
            if self._counts(node):
                node.counted = True
                node.mark_ancestors(node.tokens)
                if node.tokens and not node.call:
                    self.agents.append(node)

    def _counts(self, node: _Node) -> bool:
        if not node.tokens:
            return not node.counted_below and not any(ancestor.counted for ancestor in node.ancestors())
        if node.tokens_below or any(ancestor.counted and ancestor.tokens for ancestor in node.ancestors()):
            return False
        return not self._is_repeated(node)

    def _is_repeated(self, node: _Node) -> bool:
        """If the link between them is missing, an agent counts as an ancestor of every span within its time."""
        if node.call and not self.agents:
            return False
        root = node.root()
        if not root.seen and any(agent.contains(node) and agent.root() is not root for agent in self.agents):
            return True
        if node.call:
            return False
        below = (other for others in (self.calls, self.agents) for other in others if node.contains(other))
        return any((gap := other.root()) is not root and not gap.seen for other in below)

    def _context(self, node: _Node) -> SpanContext:
        """Merges the span's own context, those of its ancestors from the nearest, and the trace's if it has one
        session."""
        if self.context is NO_CONTEXT:
            return NO_CONTEXT
        context = node.context
        for ancestor in node.ancestors():
            context = context.completed_by(ancestor.context)
        if self.several_sessions:
            return context
        context = context.completed_by(self.context)
        return self.context if context == self.context else context

    def forget(self) -> list[_Node]:
        """Removes the least recently used spans above MAX_SPANS_PER_TRACE. Returns those that were movable."""
        forgotten = []
        while len(self.nodes) > MAX_SPANS_PER_TRACE:
            id = next(iter(self.nodes))
            del self.nodes[id]
            self.moved.pop(id, None)
            if id in self.movable:
                forgotten.append(self.movable.pop(id))
        return forgotten


class Trees:
    """Remembers traces between requests; `size` is the number of remembered spans. Not thread-safe."""

    def __init__(self, max_spans: int = MAX_REMEMBERED_SPANS, max_movable: int = MAX_MOVABLE_CALLS) -> None:
        self._max_spans, self._max_movable = max_spans, max_movable
        self.size = 0
        self._traces: OrderedDict[str, _Trace] = OrderedDict()
        self._movable: OrderedDict[_Node, _Trace] = OrderedDict()

    @property
    def movable(self) -> int:
        """Number of calls whose events are remembered."""
        return len(self._movable)

    def decide(self, spans: Sequence[SpanNode]) -> list[SpanDecision]:
        """Returns the decision of each span, in order. The spans of a trace have their tokens counted once, in any
        order and over any number of calls."""
        groups: dict[str, list[int]] = {}
        for index, span in enumerate(spans):
            groups.setdefault(span.trace, []).append(index)
        decisions = [UNDECIDED] * len(spans)
        for id, indices in groups.items():
            trace = self._traces.get(id)
            if trace is None:
                trace = self._traces[id] = _Trace()
            self._traces.move_to_end(id)
            before = len(trace.nodes)
            for index, decision in zip(indices, trace.decide([spans[index] for index in indices]), strict=True):
                decisions[index] = decision
            self._release(trace.forget())
            self.size += len(trace.nodes) - before
        while self.size > self._max_spans:
            _, forgotten = self._traces.popitem(last=False)
            self.size -= len(forgotten.nodes)
            self._release(forgotten.movable.values())
        return decisions

    def remember(self, trace: str, id: str, events: bytes) -> None:
        """Remembers the events of a counted call if a later span may still name its session or user."""
        stored = self._traces.get(trace)
        node = stored.nodes.get(id) if stored else None
        if stored is None or node is None or node.events:
            return
        if node.context.session is not None and node.context.user is not None:  # no ancestor can change them
            return
        node.events = events
        stored.movable[id] = node
        self._movable[node] = stored
        while len(self._movable) > self._max_movable:
            forgotten, old = self._movable.popitem(last=False)
            forgotten.events = b""
            old.movable.pop(forgotten.id, None)

    def _release(self, nodes: Iterable[_Node]) -> None:
        """Drops the events of forgotten calls, because each call keeps its whole trace in memory."""
        for node in nodes:
            node.events = b""
            self._movable.pop(node, None)
