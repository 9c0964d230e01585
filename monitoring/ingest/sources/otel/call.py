"""Reads a model call's session, user, tokens, cost, first chunk and error from a span's values. Pure."""

import re
from typing import NamedTuple

from monitoring.events.numbers import MAX_DOLLARS, read_count
from monitoring.ingest.sources.otel.names import Values
from monitoring.ingest.sources.otel.span import SERVER, Span
from monitoring.ingest.sources.otel.trees import NO_CONTEXT, SpanContext
from monitoring.ingest.sources.otel.usage import Costs, Usage, read_costs, read_usage
from monitoring.ingest.sources.otel.values import code

FIRST_CHUNK_EVENTS = frozenset(
    {"First Token Stream Event", "gen_ai.content.completion.chunk", "llm.content.completion.chunk"}
)
"""Span events of OpenInference and OpenLLMetry for the arrival of a chunk."""
TIMEOUT_STATUSES = frozenset({"408", "504"})
_CLASS = re.compile(r"<class '([\w.]+)'>")


class CallUsage(NamedTuple):
    """A call's tokens, and its cost in US dollars. `prompt` includes cached tokens, `completion` reasoning tokens.
    `invalid` has the attributes with invalid values."""

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None
    cost: float | None = None
    invalid: tuple[str, ...] = ()

    @property
    def tokens(self) -> bool:
        """True if the call used any token."""
        return bool(self.prompt or self.completion or self.total)


NO_USAGE = CallUsage()


def span_context(values: Values, kind: int, generative: bool) -> SpanContext:
    """Returns the session and the user. Address and user agent count only on a span of a model's work (`generative`) or
    of kind SERVER."""
    trusted = generative or kind == SERVER
    context = SpanContext(
        values.get("session"),
        values.get("user"),
        values.get("ip") if trusted else None,
        values.get("agent") if trusted else None,
    )
    return NO_CONTEXT if context == NO_CONTEXT else context


def call_usage(values: Values) -> CallUsage:
    """Single attributes come first, then the values of a usage map."""
    usage = read_usage(values["usage"]) if "usage" in values else Usage()
    prompt, completion, total = values.get("input"), values.get("output"), values.get("total")
    if total is None and prompt is completion is None:
        total = usage.total
    prompt = usage.prompt if prompt is None else prompt
    completion = usage.completion if completion is None else completion
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    costs = _costs(values)
    return CallUsage(
        prompt, completion, total, costs.total, (*_prefixed("usage_details", usage.invalid), *costs.invalid)
    )


def _prefixed(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"langfuse.observation.{prefix}.{code(name) or '*'}" for name in names)


def _costs(values: Values) -> Costs:
    """The total, or the sum of its parts. A cost in another currency than USD is ignored."""
    if values.get("cost currency", "USD") not in ("USD", "usd"):
        return Costs(None, ("gen_ai.usage.cost.currency",))
    if "cost" in values:
        return Costs(values["cost"])
    if "costs" in values:
        costs = read_costs(values["costs"])
        return Costs(costs.total, _prefixed("cost_details", costs.invalid))
    parts = [cost for cost in (values.get("cost input"), values.get("cost output")) if cost is not None]
    return Costs(min(sum(parts), MAX_DOLLARS)) if parts else Costs()


def first_chunk(span: Span, values: Values) -> int | None:
    """Returns the arrival of the answer's first chunk (ns since 1970 UTC), cut to the span's end; None if unknown."""
    if "first chunk" in values:
        at = span.start + int(values["first chunk"] * 1e9)
    elif "first chunk at" in values:
        at = values["first chunk at"]
    else:
        at = next((at for name, at, _ in span.events if name in FIRST_CHUNK_EVENTS), 0)
    return min(at, span.end) if span.start <= at and span.start <= span.end else None


def error(span: Span, values: Values) -> str | None:
    """Returns None for a successful call, else a code. It is never a sentence, because an error message may quote the
    conversation."""
    kind, finish = values.get("error"), values.get("finish")
    finished_with_error = finish == "error" or (isinstance(finish, list) and "error" in finish)
    if not span.failed and kind is None and not finished_with_error:
        return None
    status = read_count(values.get("http"))
    http_error = str(status) if status is not None and 400 <= status <= 599 else None
    exception = next(
        (attributes.get("exception.type") for name, _, attributes in span.events if name == "exception"), ""
    )
    return _error_code(kind) or http_error or _error_code(exception) or "error"


def _error_code(value: object) -> str | None:
    match = _CLASS.fullmatch(value) if isinstance(value, str) else None
    return code(match.group(1) if match else value)


def is_timeout(error: str) -> bool:
    lower = error.lower()
    return "timeout" in lower or "timed_out" in lower or "deadline" in lower or error in TIMEOUT_STATUSES
