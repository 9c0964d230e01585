"""What a span says of a call, checked: who asked, how many tokens, what it cost, when it began, how it ended."""

import math
import re
from datetime import datetime
from typing import Any, NamedTuple, TypeGuard

import msgspec

from monitoring.events.vocabulary import VISIBLE
from monitoring.ingest.sources.otel.names import code
from monitoring.ingest.sources.otel.span import SERVER, Span
from monitoring.ingest.sources.otel.trees import NOTHING, Facts

MOST = 1_000_000_000_000
"""Tokens of one call, as the vocabulary has it."""
DEAREST = 1_000.0
FIRST_CHUNK = frozenset({"First Token Stream Event", "gen_ai.content.completion.chunk", "llm.content.completion.chunk"})
"""The span events by which OpenInference and OpenLLMetry mark the arrival of a chunk."""
TIMEOUTS = frozenset({"408", "504"})
_visible = re.compile(VISIBLE).match
_CLASS = re.compile(r"<class '([\w.]+)'>")


class Tokens(NamedTuple):
    """Cached tokens are a part of `prompt`, those of reasoning a part of `completion`."""

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None


UNTOLD = Tokens()


def facts(values: dict[str, Any], kind: int, generative: bool) -> Facts:
    """The session, and the person. ValueError names an id that cannot be one; of a span that calls no model it is
    passed over, and where it came from is believed only where it answered a request."""
    if not generative:
        values = {name: value for name, value in values.items() if _usable(name, value, kind)}
    found = Facts(
        _id("session", values.get("session")),
        _id("user", values.get("user")),
        _text(values.get("ip"), 100),
        _text(values.get("agent"), 2000),
    )
    return NOTHING if found == NOTHING else found


def _usable(name: str, value: object, kind: int) -> bool:
    if name in ("session", "user"):
        return isinstance(value, str) and len(value) <= 512 and _visible(value) is not None
    return kind == SERVER


def _id(field: str, value: object) -> str | None:
    if value is None:
        return None
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or len(text) > 512 or not _visible(text):
        raise ValueError(f"{field}: not an id")
    return text


def _text(value: object, longest: int) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= longest and "\0" not in value else None


def tokens(values: dict[str, Any]) -> Tokens:
    """What was used. ValueError where it is not a count."""
    prompt, completion = _count("input tokens", values.get("input")), _count("output tokens", values.get("output"))
    total = _count("total tokens", values.get("total"))
    if prompt is completion is total is None and "usage" in values:
        prompt, completion, total = _usage(_object(values["usage"]))
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    return Tokens(prompt, completion, total)


def _count(field: str, value: object) -> int | None:
    if type(value) is int and 0 <= value <= MOST:
        return value
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer() and 0 <= value <= MOST:
        return int(value)
    raise ValueError(f"{field}: not a count")


def _usage(details: dict[str, Any]) -> Tokens:
    """Langfuse's usage: as OpenAI's API gives it, or a number for each kind of token; those of input add up."""
    counts = {name: _count("usage details", value) for name, value in details.items() if _is_number(value)}
    if "prompt_tokens" in counts or "completion_tokens" in counts:
        return Tokens(counts.get("prompt_tokens"), counts.get("completion_tokens"), counts.get("total_tokens"))
    total = counts.pop("total", None)
    return Tokens(_sum(counts, "input"), _sum(counts, "output"), total)


def _sum(counts: dict[str, int | None], part: str) -> int | None:
    found = [count for name, count in counts.items() if part in name and count is not None]
    return sum(found) if found else None


def _is_number(value: object) -> TypeGuard[float]:
    return type(value) in (int, float)


def _object(value: object) -> dict[str, Any]:
    """A map that may have been written as JSON in a string; empty where it is none."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def cost(values: dict[str, Any]) -> float | None:
    """US dollars: the whole, or the sum of its parts. ValueError where that is no amount."""
    if values.get("cost currency", "USD") not in ("USD", "usd"):
        return None
    if "cost" in values:
        return _amount(values["cost"])
    if "costs" in values:
        parts = {name: value for name, value in _object(values["costs"]).items() if _is_number(value)}
        return _amount(parts["total"] if "total" in parts else sum(parts.values())) if parts else None
    parts = {name: _amount(values[name]) for name in ("cost input", "cost output") if name in values}
    return _amount(sum(parts.values())) if parts else None


def _amount(value: object) -> float:
    if not _is_number(value) or not 0 <= value <= DEAREST:
        raise ValueError("cost: not an amount from 0 to 1000 US dollars")
    return float(value)


def first_chunk(span: Span, values: dict[str, Any]) -> int | None:
    """ns since 1970 when the answer began to arrive, within the span; None where nothing tells."""
    seconds = values.get("first chunk")
    if _is_number(seconds) and math.isfinite(seconds):
        at = span.start + int(min(max(seconds, 0.0), 1e9) * 1e9)
    elif "first chunk at" in values:
        at = _instant(values["first chunk at"])
    else:
        at = next((at for name, at, _ in span.events if name in FIRST_CHUNK), 0)
    return min(at, span.end) if at >= span.start else None


def _instant(value: object) -> int:
    """Langfuse writes an ISO 8601 time in quotes; 0 where it is none."""
    try:
        moment = datetime.fromisoformat(value.strip('"')) if isinstance(value, str) else None
        return int(moment.timestamp() * 1e6) * 1000 if moment is not None and moment.tzinfo else 0
    except (ValueError, OverflowError):
        return 0


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
    return str(value) if type(value) is int and 400 <= value <= 599 else None


def _raised(span: Span) -> str | None:
    return next((_code(said.get("exception.type")) for name, _, said in span.events if name == "exception"), None)


def is_timeout(error: str) -> bool:
    lower = error.lower()
    return "timeout" in lower or "timed_out" in lower or "deadline" in lower or error in TIMEOUTS
