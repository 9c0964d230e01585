"""Redaction keeps codes, operations, models and ids, and hashes other texts."""

import hmac
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from monitoring.events.redaction import ENUMERATED, HASHED, RULES, Redactor, slug
from monitoring.events.vocabulary import PERSONAL, TYPES, Access, Message, Operation, Security, SessionEnded


def blind(text: bytes) -> str:
    return b64encode(hmac.digest(b"k" * 32, text, "sha256")[:18], b"-_").decode()


RULE, ALWAYS = Redactor(blind), Redactor(blind, all_ids=True)
TEXTS = {"error", "reason", "action", "operation", "model", "session_type", "event_type", "outcome", "details"}
IDS = {"session_id", "message_id"}


def hashed(text: str) -> bool:
    return text.startswith(HASHED) and len(text) == len(HASHED) + 16


def test_each_field_that_holds_a_text_has_a_rule() -> None:
    texts = {
        field.name
        for type, kind in TYPES.items()
        for field in structs.fields(kind)
        if ("str" in str(field.type) or "dict" in str(field.type)) and (type, field.name) not in ENUMERATED
    }
    assert texts - set(PERSONAL) == RULES.keys()
    assert RULES.keys() == TEXTS | IDS


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("upstream_timeout", "upstream_timeout"),
        ("openai.RateLimitError", "openai.RateLimitError"),
        ("openai.RateLimitError: Error code: 429 - {'user': 'alice'}", "openai.RateLimitError"),
        ("ValueError: the user wrote: my secret", "ValueError"),
        ("Error code: 429 - you asked for a secret", "429"),
        ("HTTP/1.1 503 Service Unavailable", "503"),
        ("Rate limit exceeded!", "rate_limit_exceeded"),
        ("Bad Gateway", "bad_gateway"),
        ("429", "429"),
    ],
)
def test_an_error_keeps_its_code(said: str, kept: str) -> None:
    assert RULE.error(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "the user wrote: my secret", "Alice: my secret is 42", "alice@example.org", "203.0.113.9", "2001:db8::1",
        "用户说我的秘密", "secret answer", "x" * 65, "sécret", "a b", "Error", "Error: alice@example.org",
    ],
)  # fmt: skip
def test_no_other_text_of_an_error_is_kept(said: str) -> None:
    kept = RULE.error(said)
    assert hashed(kept) or kept == said == "Error"


@pytest.mark.parametrize(
    "said", ["chat gpt-4o", "execute_tool get_weather", "POST /v1/chat", "GET /users/{id}", "embed"]
)
def test_an_operation_is_a_code_or_a_verb_and_its_object(said: str) -> None:
    assert RULE.operation(said) == said


@pytest.mark.parametrize(
    "said", ["my secret", "GET /users/alice@example.org", "POST /from/203.0.113.9", "chat with alice"]
)
def test_an_operation_of_several_words_or_with_an_address_is_hashed(said: str) -> None:
    assert hashed(RULE.operation(said))


@pytest.mark.parametrize(
    "said",
    ["gpt-4o", "claude-3-5-sonnet@20240620", "@cf/meta/llama-3-8b", "accounts/x/models/llama-v3p1-8b", "llama3.2:3b"],
)
def test_a_model_keeps_the_name_that_providers_give_it(said: str) -> None:
    assert RULE.model(said) == said


@pytest.mark.parametrize("said", ["model of alice@example.org", "alice@example.org", "what the user said"])
def test_a_model_that_is_no_name_is_hashed(said: str) -> None:
    assert hashed(RULE.model(said))


@pytest.mark.parametrize(
    "said",
    [
        "alice@example.org", "chat-of-alice@example.org-7", "alice%40example.org", "203.0.113.9", "s-203.0.113.9",
        "2001:db8::1", "[fe80::1]", "+436641234567", "Alice Smith", "alice.smith", "Alice-Smith", "Jürgen.Müller",
        "what I asked",
    ],
)  # fmt: skip
def test_an_id_that_looks_like_an_address_or_a_name_gets_a_stand_in(said: str) -> None:
    kept = RULE.id(said)
    assert hashed(kept)
    assert RULE.id(kept) == kept == ALWAYS.id(kept)


@pytest.mark.parametrize(
    "said",
    ["s1", "🦊☃", "6f1c9d7e-3c1c-4b6e-9a51-0c7f2b3d4e5f", "trace-4bf92f3577b34da6", "demo-19-7", "a:b", "v1.2.3"],
)
def test_other_ids_stay_unless_all_are_hashed(said: str) -> None:
    assert RULE.id(said) == said
    assert hashed(ALWAYS.id(said))


@given(st.text(max_size=90))
def test_redacting_twice_changes_nothing(said: str) -> None:
    for rule in (RULE.code, RULE.error, RULE.operation, RULE.model, RULE.id, RULE.source, ALWAYS.id):
        assert rule(rule(said)) == rule(said)


@given(st.text(alphabet=st.characters(codec="ascii"), min_size=1, max_size=64))
def test_no_kept_code_holds_a_blank_or_an_address(said: str) -> None:
    kept = RULE.code(said)
    assert " " not in kept
    assert "@" not in kept


@pytest.mark.parametrize(
    "said",
    ["203.0.113.7", "2001:db8::1", "Alice\u00a0Smith", "bob@localhost", "mailto:alice@example.org", "/u/+491701234567"],
)
def test_a_source_with_an_address_in_it_is_hashed(said: str) -> None:
    assert hashed(RULE.source(said))
    assert RULE.source(RULE.source(said)) == RULE.source(said)


@pytest.mark.parametrize(
    "said", ["/chat/backend", "urn:uuid:12", "https://chat.example.org/api", "web.prod", "12:34:56"]
)
def test_a_source_that_is_a_path_or_a_host_is_kept(said: str) -> None:
    assert RULE.source(said) == said


@pytest.mark.parametrize(
    "said",
    ["[2001:db8::1]:443", "session/2001:db8::1", "user:2001:db8::1", "+49-170-1234567", "of +49 (170) 1234567",
     "McDonald-Jones", "O'Neil-Smith", "chat_messages:+491701234567:e254", "x\uff20mail.example", "x%2540mail.example",
     "x(at)mail.example", "10%2E20%2E30%2E79", "alice.smith:1", "alice.smith/chat", "alice..smith", "alice.smith42",
     "m1-alice.smith", "urn:x:alice.smith", "Anna%20Smith", "Anna+Smith", "alice\u200bsmith", "山田太郎", "日本"],
)  # fmt: skip
def test_an_id_with_an_address_or_a_name_in_it_is_hashed(said: str) -> None:
    assert hashed(RULE.id(said))


@pytest.mark.parametrize(
    "said",
    ["chat_sessions:65f0c1", "a1:b2:c3:d4", "2026-11-29T12:00:00+0100", "arn:aws:bedrock:us-east-1::model", "a+1"],
)
def test_an_id_with_colons_or_digits_is_kept(said: str) -> None:
    assert RULE.id(said) == said


@pytest.mark.parametrize("said", ["POST /mail/2001:db8::1", "GET /u/+491701234567"])
def test_an_operation_with_an_address_in_it_is_hashed(said: str) -> None:
    assert hashed(RULE.operation(said))


@pytest.mark.parametrize("said", ["203.0.113.7", "2001:db8::1"])
def test_a_model_that_is_an_address_is_hashed(said: str) -> None:
    assert hashed(RULE.model(said))


def test_an_event_s_id_that_holds_a_hashed_id_is_hashed() -> None:
    said = Message(message_id="m", session_id="alice.smith", role="user", status="completed")
    kept = RULE.data(said)
    assert hashed(RULE.event_id("chat_sessions:alice.smith", said, kept))
    assert RULE.event_id("chat_sessions:7", said, kept) == "chat_sessions:7"
    plain = Message(message_id="m", session_id="s", role="user", status="completed")
    assert RULE.event_id("chat_sessions:s", plain, RULE.data(plain)) == "chat_sessions:s"


def test_each_text_of_an_event_is_redacted_and_nothing_else() -> None:
    words = "the user wrote: my secret"
    message = Message(message_id="m", session_id="Alice Smith", role="user", status="failed", error=words, model=words)
    kept = RULE.data(message)
    assert isinstance(kept, Message)
    assert all(map(hashed, [kept.session_id, kept.error or "", kept.model or ""]))
    assert (kept.message_id, kept.role, kept.status) == ("m", "user", "failed")
    access = RULE.data(Access(outcome="denied", reason=words, action=words, user_id="alice"))
    assert isinstance(access, Access)
    assert hashed(access.reason or "")
    assert hashed(access.action or "")
    assert (access.outcome, access.user_id) == ("denied", "alice"), "who is sealed elsewhere"
    security = RULE.data(Security(event_type=words, outcome=words, details={"reason": words, "attempts": 3}))
    assert isinstance(security, Security)
    assert hashed(security.event_type)
    assert hashed(security.outcome)
    assert security.details == {"reason": RULE.hashed(words), "attempts": 3}


def test_an_event_without_texts_is_the_same_object() -> None:
    for data in (Operation(operation="embed", outcome="ok"), SessionEnded(session_id="s", reason="closed")):
        assert RULE.data(data) is data


def test_a_slug_is_a_phrase_s_code() -> None:
    assert slug("Rate limit exceeded!") == "rate_limit_exceeded"
