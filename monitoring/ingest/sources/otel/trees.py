"""Pure. Which spans of a trace are counted, and whose they are: an agent's span repeats what the calls under it
used."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MOST_SPANS = 50_000
"""Spans that are remembered, about 800 bytes each; beyond them the traces not heard of for longest are forgotten."""
MOST_IN_TRACE = 2_000
"""Spans of one trace that are remembered from one request to the next."""
DEPTH = 100
"""Levels above a span that are looked at."""
MOST_LOOSE = 10_000
"""Calls that are remembered with what was told of them, about 1 kB each, because a span above them may still say whose
they are; beyond them the oldest stay where they are."""
NEAR = 64
"""Spans a missing link is sought among."""


class SpanContext(NamedTuple):
    """What is known of a span's session and of the person who asked."""

    session: str | None = None
    user: str | None = None
    ip: str | None = None
    agent: str | None = None

    def completed(self, other: "SpanContext") -> "SpanContext":
        """These facts, and the other's where one is missing."""
        if other is self or other is NOTHING:
            return self
        return SpanContext(
            self.session or other.session, self.user or other.user, self.ip or other.ip, self.agent or other.agent
        )


NOTHING = SpanContext()


class SpanNode(NamedTuple):
    """A span as the tree needs it. `call`: it calls a model; `tokens`: it says how many were used. A span that is
    neither links others, and is never counted."""

    trace: str
    id: str
    parent: str
    start: int
    end: int
    facts: SpanContext = NOTHING
    call: bool = False
    tokens: bool = False


class Move(NamedTuple):
    """A call of an earlier request that is another's than was told: what was told, and whose it is."""

    told: bytes
    facts: SpanContext


class SpanDecision(NamedTuple):
    """What became of a span when it was first seen; it stays so when the span comes again. `moved`: the calls that are
    another's because of this span, and spans that came with it."""

    counted: bool
    facts: SpanContext
    moved: tuple[Move, ...] = ()


UNPLACED = SpanDecision(False, NOTHING)


class _Node:
    """A span, or the gap (`seen` is false) that a span names as its parent."""

    __slots__ = (
        "call",
        "counted",
        "covered",
        "end",
        "facts",
        "fed",
        "id",
        "parent",
        "place",
        "seen",
        "start",
        "tokens",
        "told",
    )

    def __init__(self, id: str) -> None:
        self.id = id
        self.parent: _Node | None = None
        self.start = self.end = 0
        self.facts = NOTHING
        self.place = UNPLACED
        self.told = b""
        self.seen = self.call = self.tokens = self.counted = False
        self.covered = False
        """Something below is counted."""
        self.fed = False
        """Something below is counted, with tokens."""

    def above(self) -> "list[_Node]":
        """The spans above, the nearest first."""
        found: list[_Node] = []
        node = self.parent
        while node is not None and len(found) < DEPTH:
            found.append(node)
            node = node.parent
        return found

    def top(self) -> "_Node":
        """The root, or the gap beyond which nothing is known."""
        node, levels = self, 0
        while node.parent is not None and levels < DEPTH:
            node, levels = node.parent, levels + 1
        return node

    def mark(self, fed: bool) -> None:
        """Tell the spans above that something below them is counted."""
        for node in self.above():
            if node.covered and (node.fed or not fed):
                return
            node.covered, node.fed = True, node.fed or fed

    @property
    def is_whole(self) -> bool:
        """Whether it says itself whose it is, so that nobody else can."""
        return self.facts.session is not None and self.facts.user is not None

    def holds(self, other: "_Node") -> bool:
        return self.start <= other.start and other.end <= self.end


class _Trace:
    """The spans of one trace, the one touched last at the end."""

    __slots__ = ("agents", "calls", "facts", "loose", "mixed", "moved", "nodes")

    def __init__(self) -> None:
        self.nodes: dict[str, _Node] = {}
        self.facts, self.mixed = NOTHING, False
        self.calls: deque[_Node] = deque(maxlen=NEAR)
        self.agents: deque[_Node] = deque(maxlen=NEAR)
        self.loose: dict[str, _Node] = {}
        """Calls of which a span that comes later may say whose they are."""
        self.moved: dict[str, list[_Node]] = {}
        """By the span that said so: when it comes again, because it was not acknowledged, it says so again."""

    def settle(self, parts: Sequence[SpanNode]) -> list[SpanDecision]:
        """Each part's place. The order of the parts makes no difference."""
        fresh = [(part, node) for part in parts if (node := self._learn(part)) is not None]
        if len(fresh) > 1:
            fresh.sort(key=lambda pair: (pair[0].start, pair[0].id))
        for part, node in fresh:
            self.mixed |= bool(part.facts.session and self.facts.session not in (None, part.facts.session))
            self.facts = self.facts.completed(part.facts)
            if node.call and node.tokens:
                self.calls.append(node)
        self._count([node for _, node in fresh if node.call or node.tokens])
        for _, node in fresh:
            node.place = SpanDecision(node.counted, self._facts(node))
        if fresh and self.loose and self.facts is not NOTHING:
            self._move(next((part.id for part, _ in fresh if part.facts is not NOTHING), fresh[0][0].id))
        return [self._place(part.id) for part in parts]

    def _move(self, by: str) -> None:
        """Give the calls of earlier requests to whom the spans above them, now known, say."""
        moved = []
        for node in self.loose.values():
            facts = self._facts(node)
            if (facts.session, facts.user) != (node.place.facts.session, node.place.facts.user):
                node.place = SpanDecision(True, facts)
                moved.append(node)
        if moved:
            self.moved[by] = moved

    def _place(self, id: str) -> SpanDecision:
        node = self.nodes[id]
        moves = tuple(Move(one.told, one.place.facts) for one in self.moved.get(id, ()) if one.told)
        return node.place._replace(moved=moves) if moves else node.place

    def _learn(self, part: SpanNode) -> _Node | None:
        """Put a span where it belongs; None where it is known already."""
        node = self._node(part.id)
        if node.seen:
            return None
        node.seen, node.call, node.tokens = True, part.call, part.tokens
        node.start, node.end, node.facts = part.start, part.end, part.facts
        if part.parent and part.parent != part.id:
            node.parent = self._node(part.parent)
            for up in node.above():
                self.nodes[up.id] = self.nodes.pop(up.id, up)
        if node.covered:
            node.mark(node.fed)
        return node

    def _node(self, id: str) -> _Node:
        node = self.nodes.get(id)
        if node is None:
            node = self.nodes[id] = _Node(id)
        return node

    def _count(self, nodes: list[_Node]) -> None:
        """Leaves first; spans with tokens before those without; calls before agents where the way up is not known."""
        if len(nodes) > 1:
            nodes.sort(key=lambda node: (not node.tokens, node.top().seen, -len(node.above())))
        for node in nodes:
            if self._counts(node):
                node.counted = True
                node.mark(node.tokens)
                if node.tokens and not node.call:
                    self.agents.append(node)

    def _counts(self, node: _Node) -> bool:
        if not node.tokens:
            return not node.covered and not any(up.counted for up in node.above())
        if node.fed or any(up.counted and up.tokens for up in node.above()):
            return False
        return not self._repeated(node)

    def _repeated(self, node: _Node) -> bool:
        """Where a link between them is missing, an agent is taken to be above what happened while it ran."""
        if node.call and not self.agents:
            return False
        top = node.top()
        if not top.seen and any(agent.holds(node) and agent.top() is not top for agent in self.agents):
            return True
        if node.call:
            return False
        below = (other for others in (self.calls, self.agents) for other in others if node.holds(other))
        return any((gap := other.top()) is not top and not gap.seen for other in below)

    def _facts(self, node: _Node) -> SpanContext:
        """The span's own, then those of the nearest above, then the trace's while it speaks of one session alone."""
        if self.facts is NOTHING:
            return NOTHING
        facts = node.facts
        for up in node.above():
            facts = facts.completed(up.facts)
        if self.mixed:
            return facts
        facts = facts.completed(self.facts)
        return self.facts if facts == self.facts else facts

    def forget(self) -> list[_Node]:
        """Let go of the spans touched longest ago, beyond MOST_IN_TRACE; those of them that were loose."""
        gone = []
        while len(self.nodes) > MOST_IN_TRACE:
            id = next(iter(self.nodes))
            del self.nodes[id]
            self.moved.pop(id, None)
            if id in self.loose:
                gone.append(self.loose.pop(id))
        return gone


class Trees:
    """The memory of traces, from one request to the next. For one thread."""

    def __init__(self, most: int = MOST_SPANS, most_loose: int = MOST_LOOSE) -> None:
        self._most, self._most_loose = most, most_loose
        self._size = 0
        self._traces: OrderedDict[str, _Trace] = OrderedDict()
        self._loose: OrderedDict[_Node, _Trace] = OrderedDict()

    @property
    def size(self) -> int:
        """Spans that are remembered."""
        return self._size

    @property
    def loose(self) -> int:
        """Calls that are remembered with what was told of them."""
        return len(self._loose)

    def place(self, parts: Sequence[SpanNode]) -> list[SpanDecision]:
        """Each part's place, in order. A trace's parts count each other's tokens once, in whichever order, in one
        call or in several."""
        groups: dict[str, list[int]] = {}
        for index, part in enumerate(parts):
            groups.setdefault(part.trace, []).append(index)
        places = [UNPLACED] * len(parts)
        for id, indices in groups.items():
            for index, place in zip(indices, self._settle(id, [parts[index] for index in indices]), strict=True):
                places[index] = place
        while self._size > self._most:
            _, gone = self._traces.popitem(last=False)
            self._size -= len(gone.nodes)
            self._let_go(gone.loose.values())
        return places

    def keep(self, trace: str, id: str, told: bytes) -> None:
        """Remember what was told of a counted call, where a span that comes later may say whose it is."""
        held = self._traces.get(trace)
        node = held.nodes.get(id) if held else None
        if held is None or node is None or node.told or node.is_whole:
            return
        node.told = told
        held.loose[id] = node
        self._loose[node] = held
        while len(self._loose) > self._most_loose:
            gone, old = self._loose.popitem(last=False)
            gone.told = b""
            old.loose.pop(gone.id, None)

    def _let_go(self, nodes: Iterable[_Node]) -> None:
        """Of calls that are forgotten nothing is remembered: each holds its trace, and with it all spans of it."""
        for node in nodes:
            node.told = b""
            self._loose.pop(node, None)

    def _settle(self, id: str, parts: Sequence[SpanNode]) -> list[SpanDecision]:
        trace = self._traces.get(id)
        if trace is None:
            trace = self._traces[id] = _Trace()
        self._traces.move_to_end(id)
        before = len(trace.nodes)
        places = trace.settle(parts)
        self._let_go(trace.forget())
        self._size += len(trace.nodes) - before
        return places
