"""What the attributes of a span mean: one table of every dialect's names, and of the names that hold content. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from monitoring.ingest.sources.otel.dropped import CONTENT, NOT_NEEDED
from monitoring.ingest.sources.otel.values import READERS

LANGFUSE, OPENINFERENCE, OPENLIT, OPENLLMETRY = "langfuse", "openinference", "openlit", "openllmetry"
NEW, MIDDLE, OLD = "semantic-conventions-genai", "gen_ai 1.37-1.41", "gen_ai to 1.36"
SHARED = ""
"""The dialect of a name that several dialects have in common: it tells nothing."""
DIALECTS = (LANGFUSE, OPENINFERENCE, OPENLIT, OPENLLMETRY, NEW, MIDDLE, OLD, SHARED)
"""A span that mixes dialects speaks the first of these."""

ALIASES: dict[str, tuple[tuple[str, str], ...]] = {
    "session": (
        ("gen_ai.conversation.id", SHARED),
        ("langfuse.session.id", LANGFUSE),
        ("session.id", SHARED),
        ("traceloop.association.properties.session_id", OPENLLMETRY),
        ("traceloop.association.properties.conversation_id", OPENLLMETRY),
    ),
    "user": (
        ("user.id", SHARED),
        ("langfuse.user.id", LANGFUSE),
        ("enduser.id", SHARED),
        ("enduser.pseudo.id", SHARED),
        ("user.hash", SHARED),
        ("traceloop.association.properties.user_id", OPENLLMETRY),
        ("gen_ai.request.user", OPENLIT),
    ),
    "operation": (
        ("gen_ai.operation.name", SHARED),
        ("langfuse.observation.type", LANGFUSE),
        ("openinference.span.kind", OPENINFERENCE),
        ("llm.request.type", OPENLLMETRY),
        ("traceloop.span.kind", OPENLLMETRY),
    ),
    "provider": (
        ("gen_ai.provider.name", MIDDLE),
        ("gen_ai.system", OLD),
        ("llm.provider", OPENINFERENCE),
        ("llm.system", OPENINFERENCE),
    ),
    "model": (
        ("gen_ai.response.model", SHARED),
        ("gen_ai.request.model", SHARED),
        ("langfuse.observation.model.name", LANGFUSE),
        ("llm.model_name", OPENINFERENCE),
        ("embedding.model_name", OPENINFERENCE),
    ),
    "input": (
        ("gen_ai.usage.input_tokens", SHARED),
        ("gen_ai.usage.prompt_tokens", OLD),
        ("llm.token_count.prompt", OPENINFERENCE),
    ),
    "output": (
        ("gen_ai.usage.output_tokens", SHARED),
        ("gen_ai.usage.completion_tokens", OLD),
        ("llm.token_count.completion", OPENINFERENCE),
    ),
    "total": (
        ("gen_ai.usage.total_tokens", SHARED),
        ("llm.token_count.total", OPENINFERENCE),
        ("llm.usage.total_tokens", OPENLLMETRY),
    ),
    "usage": (("langfuse.observation.usage_details", LANGFUSE),),
    "cost": (
        ("gen_ai.usage.cost.amount", NEW),
        ("gen_ai.usage.cost", OPENLIT),
        ("llm.cost.total", OPENINFERENCE),
        ("operation.cost", SHARED),
    ),
    "cost input": (("llm.cost.prompt", OPENINFERENCE),),
    "cost output": (("llm.cost.completion", OPENINFERENCE),),
    "cost currency": (("gen_ai.usage.cost.currency", NEW),),
    "costs": (("langfuse.observation.cost_details", LANGFUSE),),
    "first chunk": (
        ("gen_ai.response.time_to_first_chunk", SHARED),
        ("gen_ai.server.time_to_first_token", OPENLIT),
        ("gen_ai.server.ttft", OPENLIT),
    ),
    "first chunk at": (("langfuse.observation.completion_start_time", LANGFUSE),),
    "finish": (
        ("gen_ai.response.finish_reasons", SHARED),
        ("gen_ai.response.finish_reason", SHARED),
        ("llm.finish_reason", OPENINFERENCE),
    ),
    "error": (("error.type", SHARED),),
    "exception": (("exception.type", SHARED),),
    "http": (("http.response.status_code", SHARED), ("http.status_code", SHARED)),
    "ip": (("client.address", SHARED), ("http.client_ip", SHARED)),
    "agent": (("user_agent.original", SHARED), ("http.user_agent", SHARED)),
    "service": (("service.name", SHARED),),
    "tool": (("gen_ai.tool.name", SHARED), ("tool.name", OPENINFERENCE), ("traceloop.entity.name", OPENLLMETRY)),
}
"""Each meaning's names, the best first."""

MARKS = {
    "gen_ai.usage.cache_write.input_tokens": NEW,
    "gen_ai.usage.reasoning.output_tokens": NEW,
    "gen_ai.usage.cost.source": NEW,
    "gen_ai.is_streaming": OPENLLMETRY,
    "gen_ai.usage.reasoning_tokens": OPENLLMETRY,
}
"""Names that say which dialect a span speaks, and nothing else that is needed."""
SCOPES = (
    ("langfuse", LANGFUSE),
    ("openinference.", OPENINFERENCE),
    ("@arizeai/openinference", OPENINFERENCE),
    ("openlit", OPENLIT),
    ("opentelemetry.instrumentation.openai.v", OPENLLMETRY),
)
"""The same by the beginning of the instrumentation's name."""

CALLS = frozenset({"chat", "generate_content", "text_completion"})
"""The operations that call a model: a question and its answer."""
NEVER = frozenset({"embeddings", "fetch_response", "retrieval", "rerank"})
"""The operations whose tokens answer nobody: they are never counted as a message's."""
LONGEST = 200
"""Characters of an attribute's name that are looked at."""
MOST_UNKNOWN = 50
"""Names not understood that are told of one span."""
_INDEX = re.compile(r"(?<![^.])\d+(?![^.])")


class Meaning(NamedTuple):
    """What a name stands for: `word` is "" where nothing is needed, None where the name is not understood."""

    word: str | None
    rank: int = 0
    dialect: int = len(DIALECTS) - 1


class Said(NamedTuple):
    """What a span's attributes say: a value for each meaning found, whose dialect (MIDDLE where nothing tells), the
    names not understood, and by meaning the names whose values cannot be read."""

    values: dict[str, Any]
    dialect: str
    unknown: tuple[str, ...]
    odd: tuple[tuple[str, str], ...] = ()


_TABLE = {
    name: (word, rank, dialect)
    for word, names in ALIASES.items()
    for rank, (name, dialect) in enumerate(names)
}  # fmt: skip
READ = frozenset(_TABLE)
"""The names of the attributes whose values anybody looks at."""


@lru_cache(maxsize=4096)
def is_told(name: str) -> bool:
    """Whether a name is of use without its value: it tells the dialect, or that it is new. `name` is at most LONGEST
    characters."""
    return name in MARKS or not name.startswith(CONTENT + NOT_NEEDED)


@lru_cache(maxsize=4096)
def meaning(name: str) -> Meaning:
    """What a name means in any dialect. `name` is at most LONGEST characters."""
    dialect = DIALECTS.index(_dialect(name))
    if name in _TABLE:
        word, rank, _ = _TABLE[name]
        return Meaning(word, rank, dialect)
    return Meaning("" if name.startswith(NOT_NEEDED + CONTENT) else None, 0, dialect)


def _dialect(name: str) -> str:
    if name in _TABLE:
        return _TABLE[name][2]
    return MARKS.get(name, SHARED)


def understand(attributes: dict[str, Any], scope: str) -> Said:
    """Every attribute under what it means; where two mean the same, the better name wins whose value can be read."""
    values: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    odd: list[tuple[str, str]] = []
    dialect, unknown = _of_scope(scope), []
    for name, value in attributes.items():
        word, rank, speaks = meaning(name)
        if speaks < dialect:
            dialect = speaks
        if word is None:
            unknown.append(name)
        elif word and value is not None and value != "" and (word not in values or rank < ranks[word]):
            found = READERS[word](value) if word in READERS else value
            if found is None:
                odd.append((word, name))
            else:
                values[word], ranks[word] = found, rank
    return Said(values, DIALECTS[dialect] or MIDDLE, fold(unknown[:MOST_UNKNOWN]) if unknown else (), tuple(odd))


@lru_cache(maxsize=1024)
def _of_scope(scope: str) -> int:
    return DIALECTS.index(next((dialect for start, dialect in SCOPES if scope.startswith(start)), SHARED))


def fold(names: Iterable[str]) -> tuple[str, ...]:
    """The names with a `*` for each index, each once, in order."""
    return tuple(dict.fromkeys(_INDEX.sub("*", name) for name in names))
