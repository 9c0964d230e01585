"""The table of names: every dialect is understood, content is not read, and what is new is told."""

from typing import Any

import pytest

from monitoring.ingest.sources.otel.names import (
    ALIASES,
    LANGFUSE,
    MIDDLE,
    NEW,
    OLD,
    OPENINFERENCE,
    OPENLIT,
    OPENLLMETRY,
    USED_NAMES,
    collapse_indices,
    is_name_kept,
    parse_attributes,
)
from monitoring.ingest.sources.otel.values import PARSERS, code, operation

SAID = [
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.prompt",
    "gen_ai.prompt.0.content",
    "gen_ai.completion.3.content",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.retrieval.documents",
    "input.value",
    "output.value",
    "llm.input_messages.0.message.content",
    "llm.output_messages.0.message.content",
    "llm.prompt_template.template",
    "retrieval.documents.0.document.content",
    "langfuse.observation.input",
    "langfuse.observation.output",
    "langfuse.observation.status_message",
    "langfuse.trace.metadata.note",
    "traceloop.entity.input",
    "traceloop.entity.output",
    "exception.message",
    "exception.stacktrace",
]


NUMBERS = ("input", "output", "total", "cost", "cost input", "cost output", "first chunk")
VALUES: dict[str, Any] = dict.fromkeys(NUMBERS, 3) | {
    "usage": {"input": 3},
    "costs": {"input": 3},
    "first chunk at": "2026-01-01T00:00:00Z",
}
READ_AS: dict[str, Any] = {"first chunk at": 1_767_225_600_000_000_000}


@pytest.mark.parametrize("name", SAID)
def test_nobody_reads_what_was_said_nor_calls_its_name_unknown(name: str) -> None:
    assert name not in USED_NAMES
    assert not is_name_kept(name)
    assert parse_attributes({name: "zebra-quail"}, "") == ({}, MIDDLE, (), ())


@pytest.mark.parametrize("name", [name for names in ALIASES.values() for name, _ in names])
def test_every_name_of_the_table_is_read_and_means_what_the_table_says(name: str) -> None:
    (word,) = [word for word, names in ALIASES.items() if name in dict(names)]
    assert name in USED_NAMES
    assert parse_attributes({name: VALUES.get(word, "x")}, "").values == {
        word: READ_AS.get(word, VALUES.get(word, "x"))
    }


@pytest.mark.parametrize("word", [word for word, names in ALIASES.items() if len(names) > 1])
def test_the_better_name_wins_whichever_comes_first(word: str) -> None:
    names = [name for name, _ in ALIASES[word]]
    for given in (names, names[::-1]):
        values = dict(zip(names, (1, 2, 3, 4, 5, 6, 7) if word in NUMBERS else names, strict=False))
        parsed = {name: values[name] for name in given}
        first, second, *_ = (PARSERS[word](values[name]) if word in PARSERS else values[name] for name in names)
        assert parse_attributes(parsed, "").values == {word: first}
        assert parse_attributes({name: value for name, value in parsed.items() if name != names[0]}, "").values == {
            word: second
        }


@pytest.mark.parametrize("word", [word for word, names in ALIASES.items() if len(names) > 1 and word in PARSERS])
def test_a_better_name_whose_value_cannot_be_read_leaves_the_next_and_is_told(word: str) -> None:
    best, next_best = [name for name, _ in ALIASES[word]][:2]
    parsed = parse_attributes({best: {"no": "such"}, next_best: VALUES.get(word, "x")}, "")
    assert parsed.values == {word: READ_AS.get(word, VALUES.get(word, "x"))}
    assert parsed.invalid == ((word, best),)


def test_a_better_name_without_a_value_leaves_the_next() -> None:
    given = {"gen_ai.conversation.id": "", "session.id": "s", "langfuse.session.id": None}
    assert parse_attributes(given, "").values == {"session": "s"}


@pytest.mark.parametrize(
    ("given", "scope", "dialect"),
    [
        ({"gen_ai.operation.name": "chat"}, "", MIDDLE),
        ({"gen_ai.system": "openai"}, "", OLD),
        ({"gen_ai.system": "openai", "gen_ai.provider.name": "openai"}, "", MIDDLE),
        ({"gen_ai.provider.name": "openai", "gen_ai.usage.reasoning.output_tokens": 1}, "", NEW),
        ({"openinference.span.kind": "LLM"}, "", OPENINFERENCE),
        ({"gen_ai.provider.name": "openai"}, "openinference.instrumentation.openai", OPENINFERENCE),
        ({"gen_ai.provider.name": "openai"}, "openlit.instrumentation.openai", OPENLIT),
        ({"gen_ai.system": "OpenAI", "llm.request.type": "chat"}, "", OPENLLMETRY),
        ({"traceloop.span.kind": "workflow"}, "", OPENLLMETRY),
        ({"langfuse.observation.type": "span", "gen_ai.provider.name": "openai"}, "", LANGFUSE),
    ],
)
def test_a_span_speaks_the_dialect_of_its_names(given: dict[str, Any], scope: str, dialect: str) -> None:
    assert parse_attributes(given, scope).dialect == dialect


def test_names_nobody_knows_are_told_with_a_star_for_each_index() -> None:
    given = {"new.0.thing": 1, "new.1.thing": 2, "other": 3, "gen_ai.operation.name": "chat", "server.address": "a"}
    assert parse_attributes(given, "").unknown == ("new.*.thing", "other")
    assert all(is_name_kept(name) and name not in USED_NAMES for name in ("new.0.thing", "other"))
    assert collapse_indices(["a.12.b.3", "v2.x", "4"]) == ("a.*.b.*", "v2.x", "*")


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("chat", "chat"),
        ("LLM", "chat"),
        ("GENERATION", "chat"),
        ("completion", "text_completion"),
        ("AGENT", "invoke_agent"),
        ("TOOL", "execute_tool"),
        ("RETRIEVER", "retrieval"),
        ("CHAIN", "chain"),
        ("embedding", "embeddings"),
        ("what is this", None),
        (7, None),
    ],
)
def test_an_operation_has_the_word_of_the_conventions(value: object, word: str | None) -> None:
    assert operation(value) == word


@pytest.mark.parametrize("value", ["two words", "", "a" * 129, "é", "a\n", 7, None])
def test_a_code_is_one_short_word(value: object) -> None:
    assert code(value) is None
    assert code("openai.RateLimitError") == "openai.RateLimitError"
