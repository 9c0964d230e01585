"""What a span says of a call, checked: who asked, how many tokens, what it cost, when it began, how it ended. Pure."""

import re
from typing import Any, NamedTuple

from monitoring.events.numbers import MAX_DOLLARS, read_count
from monitoring.ingest.sources.otel.span import SERVER, Span
from monitoring.ingest.sources.otel.trees import NOTHING, SpanContext
from monitoring.ingest.sources.otel.usage import Costs, Usage, read_costs, read_usage
from monitoring.ingest.sources.otel.values import code

FIRST_CHUNK = frozenset({"First Token Stream Event", "gen_ai.content.completion.chunk", "llm.content.completion.chunk"})
"""The span events by which OpenInference and OpenLLMetry mark the arrival of a chunk."""
TIMEOUTS = frozenset({"408", "504"})
_CLASS = re.compile(r"<class '([\w.]+)'>")


class Spent(NamedTuple):
    """What a call used, and what it cost in US dollars. Cached tokens are a part of `prompt`, those of reasoning a part
    of `completion`. `odd`: the names in a map whose values cannot be read."""

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None
    cost: float | None = None
    odd: tuple[str, ...] = ()

    @property
    def tokens(self) -> bool:
        """Whether any token was used."""
        return bool(self.prompt or self.completion or self.total)


UNTOLD = Spent()


def facts(values: dict[str, Any], kind: int, generative: bool) -> SpanContext:
    """The session, and the person. Of a span that calls no model, where they came from is believed only where it
    answered a request."""
    here = generative or kind == SERVER
    found = SpanContext(
        values.get("session"),
        values.get("user"),
        values.get("ip") if here else None,
        values.get("agent") if here else None,
    )
    return NOTHING if found == NOTHING else found


def spent(values: dict[str, Any]) -> Spent:
    """What attributes of their own tell, completed by what a map of all kinds tells."""
    usage = read_usage(values["usage"]) if "usage" in values else Usage()
    prompt, completion, total = values.get("input"), values.get("output"), values.get("total")
    if total is None and prompt is completion is None:
        total = usage.total
    prompt = usage.prompt if prompt is None else prompt
    completion = usage.completion if completion is None else completion
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    costs = _costs(values)
    return Spent(prompt, completion, total, costs.total, (*_inside("usage_details", usage.odd), *costs.odd))


def _inside(map: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"langfuse.observation.{map}.{code(name) or '*'}" for name in names)


def _costs(values: dict[str, Any]) -> Costs:
    """The whole, or the sum of its parts; none of another currency is known here."""
    if values.get("cost currency", "USD") not in ("USD", "usd"):
        return Costs(None, ("gen_ai.usage.cost.currency",))
    if "cost" in values:
        return Costs(values["cost"])
    if "costs" in values:
        costs = read_costs(values["costs"])
        return Costs(costs.total, _inside("cost_details", costs.odd))
    parts = [values[name] for name in ("cost input", "cost output") if name in values]
    return Costs(min(sum(parts), MAX_DOLLARS)) if parts else Costs()


def first_chunk(span: Span, values: dict[str, Any]) -> int | None:
    """ns since 1970 when the answer began to arrive, within the span; None where nothing tells."""
    if "first chunk" in values:
        at = span.start + int(values["first chunk"] * 1e9)
    elif "first chunk at" in values:
        at = values["first chunk at"]
    else:
        at = next((at for name, at, _ in span.events if name in FIRST_CHUNK), 0)
    return min(at, span.end) if span.start <= at and span.start <= span.end else None


def error(span: Span, values: dict[str, Any]) -> str | None:
    """None where the call went well; else a code, never a sentence: a message in words may quote the conversation."""
    kind, finish = values.get("error"), values.get("finish")
    ended = finish == "error" or (isinstance(finish, list) and "error" in finish)
    if not span.failed and kind is None and not ended:
        return None
    return _code(kind) or _status(values.get("http")) or _raised(span) or "error"


def _code(value: object) -> str | None:
    found = _CLASS.fullmatch(value) if isinstance(value, str) else None
    return code(found.group(1) if found else value)


def _status(value: object) -> str | None:
    status = read_count(value)
    return str(status) if status is not None and 400 <= status <= 599 else None


def _raised(span: Span) -> str | None:
    return next((_code(said.get("exception.type")) for name, _, said in span.events if name == "exception"), None)


def is_timeout(error: str) -> bool:
    lower = error.lower()
    return "timeout" in lower or "timed_out" in lower or "deadline" in lower or error in TIMEOUTS
