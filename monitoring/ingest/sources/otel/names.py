"""The meaning of span attributes: one table of the attribute names of all dialects. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypedDict, cast

from monitoring.events.json import Json
from monitoring.ingest.sources.otel.dropped import DROPPED
from monitoring.ingest.sources.otel.values import PARSERS

LANGFUSE, OPENINFERENCE, OPENLIT, OPENLLMETRY = "langfuse", "openinference", "openlit", "openllmetry"
NEW, MIDDLE, OLD = "semantic-conventions-genai", "gen_ai 1.37-1.41", "gen_ai to 1.36"
SHARED = ""
"""Stands for a name that several dialects share, and that does not identify one."""
DIALECTS = (LANGFUSE, OPENINFERENCE, OPENLIT, OPENLLMETRY, NEW, MIDDLE, OLD, SHARED)
"""A span with names of several dialects has the first of these."""

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
"""The names of each meaning, the preferred ones first, with their dialects."""

DIALECT_MARKS = {
    "gen_ai.usage.cache_write.input_tokens": NEW,
    "gen_ai.usage.reasoning.output_tokens": NEW,
    "gen_ai.usage.cost.source": NEW,
    "gen_ai.is_streaming": OPENLLMETRY,
    "gen_ai.usage.reasoning_tokens": OPENLLMETRY,
}
"""Names that identify a dialect, and whose values are not needed."""
SCOPES = (
    ("langfuse", LANGFUSE),
    ("openinference.", OPENINFERENCE),
    ("@arizeai/openinference", OPENINFERENCE),
    ("openlit", OPENLIT),
    ("opentelemetry.instrumentation.openai.v", OPENLLMETRY),
)
"""Prefixes of instrumentation scopes that identify a dialect."""

CALL_OPERATIONS = frozenset({"chat", "generate_content", "text_completion"})
"""Operations that become a question and an answer."""
UNCOUNTED_OPERATIONS = frozenset({"embeddings", "fetch_response", "retrieval", "rerank"})
"""Operations whose tokens are never counted as those of a message."""
MAX_NAME_CHARS = 200
"""Longer names are cut."""
MAX_UNKNOWN_NAMES = 50
"""Most unknown names that are counted of one span."""
_INDEX = re.compile(r"(?<![^.])\d+(?![^.])")


class Meaning(NamedTuple):
    """The meaning of a name: `key` is a key of ALIASES, "" for a name that is not needed, None for an unknown one.
    `rank` is the name's index among the aliases, `dialect` the index in DIALECTS."""

    key: str | None
    rank: int = 0
    dialect: int = len(DIALECTS) - 1


Values = TypedDict(
    "Values",
    {
        "session": str,
        "user": str,
        "operation": str,
        "model": str,
        "input": int,
        "output": int,
        "total": int,
        "usage": dict[str, Json],
        "cost": float,
        "cost input": float,
        "cost output": float,
        "cost currency": Json,
        "costs": dict[str, Json],
        "first chunk": float,
        "first chunk at": int,
        "finish": Json,
        "error": Json,
        "http": Json,
        "ip": str,
        "agent": str,
        "tool": Json,
    },
    total=False,
)
"""Parsed values by meaning."""


class ParsedAttributes(NamedTuple):
    """Values by meaning, the dialect (MIDDLE if no name identifies one), unknown names, and (meaning, name) of invalid
    values."""

    values: Values
    dialect: str
    unknown: tuple[str, ...]
    invalid: tuple[tuple[str, str], ...] = ()


_MEANINGS = {name: Meaning("", 0, DIALECTS.index(dialect)) for name, dialect in DIALECT_MARKS.items()} | {
    name: Meaning(key, rank, DIALECTS.index(dialect))
    for key, names in ALIASES.items()
    for rank, (name, dialect) in enumerate(names)
}
USED_NAMES = _MEANINGS.keys() - DIALECT_MARKS.keys()
"""Names of the attributes whose values are parsed."""


@lru_cache(maxsize=4096)
def is_name_kept(name: str) -> bool:
    """Returns whether a name is kept without its value: it identifies the dialect, or is unknown. `name` has at most
    MAX_NAME_CHARS characters."""
    return name in DIALECT_MARKS or not name.startswith(DROPPED)


@lru_cache(maxsize=4096)
def meaning(name: str) -> Meaning:
    """Returns the meaning of a name in any dialect. `name` has at most MAX_NAME_CHARS characters."""
    return _MEANINGS.get(name) or Meaning("" if name.startswith(DROPPED) else None)


def parse_attributes(attributes: dict[str, Json], scope: str) -> ParsedAttributes:
    """Maps attributes to their meanings. Of several names with one meaning, the preferred one with a valid value
    wins."""
    values: dict[str, object] = {}
    ranks: dict[str, int] = {}
    invalid: list[tuple[str, str]] = []
    dialect, unknown = _scope_dialect(scope), []
    for name, value in attributes.items():
        key, rank, rank_of_dialect = meaning(name)
        if rank_of_dialect < dialect:
            dialect = rank_of_dialect
        if key is None:
            unknown.append(name)
        elif key and value is not None and value != "" and (key not in values or rank < ranks[key]):
            parsed = PARSERS[key](value) if key in PARSERS else value
            if parsed is None:
                invalid.append((key, name))
            else:
                values[key], ranks[key] = parsed, rank
    return ParsedAttributes(
        cast(Values, values),  # by PARSERS
        DIALECTS[dialect] or MIDDLE,
        collapse_indices(unknown[:MAX_UNKNOWN_NAMES]) if unknown else (),
        tuple(invalid),
    )


@lru_cache(maxsize=1024)
def _scope_dialect(scope: str) -> int:
    return DIALECTS.index(next((dialect for start, dialect in SCOPES if scope.startswith(start)), SHARED))


def collapse_indices(names: Iterable[str]) -> tuple[str, ...]:
    """Replaces each numeric part of a name by `*`; returns each name once, in order."""
    return tuple(dict.fromkeys(_INDEX.sub("*", name) for name in names))
