"""Sentences and names that senders write become codes or keyed hashes, by one rule for every door. Pure.

A text stays where it has the form of its field: a code (`upstream_timeout`), an operation (`POST /v1/chat`), a model,
an id. A known phrase becomes its code, an error's message the class before it; of anything else a keyed hash is left,
by which equal texts are equal. Ids that look like an address or a name get a hash, too. What identifies a person
(PERSONAL) is sealed elsewhere. Redacting twice changes nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

from msgspec import structs

from monitoring.events.vocabulary import TYPES, Data

HASHED = "hashed-"
"""How a stand-in begins; 16 letters and digits, - or _, follow."""
LONGEST = 64
"""Characters of a code."""
_STAND_IN = re.compile(rf"{HASHED}[\w-]{{16}}", re.ASCII)
_CODE = re.compile(r"[A-Za-z_][\w.:/-]{0,63}|\d{1,5}[A-Za-z%]{0,3}", re.ASCII)
_VERBS = (
    "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY|SELECT|INSERT|UPDATE|UPSERT|chat|text_completion|generate_content"
    "|embeddings|retrieval|rerank|execute_tool|create_agent|invoke_agent|invoke_workflow|tools/call|prompts/get"
)
"""Of HTTP, SQL, MCP, and gen_ai.operation.name."""
_OPERATION = re.compile(rf"(?:{_VERBS}) [\w.:/{{}}*@+-]{{1,128}}", re.ASCII)
"""What is done, and to what: `chat gpt-4o`, `GET /users/{id}`."""
_MODEL = re.compile(r"@?[A-Za-z0-9][\w.:/@+-]{0,127}", re.ASCII)
"""A model's name; Vertex writes `claude-3-5-sonnet@20240620`, Cloudflare `@cf/meta/llama-3-8b`."""
_CLASS = re.compile(
    r"((?:[a-z_]\w*\.)*[A-Z]\w{0,63}(?:Error|Exception|Warning|Timeout|Failure|Fault|Interrupt|Exit))(?![\w.])",
    re.ASCII,
)
_STATUS = re.compile(
    r"(?:HTTP(?:/[\d.]+)? |Error code: |status(?: code)?:? )?([1-5]\d\d)(?![\w.])", re.ASCII | re.IGNORECASE
)
_ADDRESS = re.compile(
    r"@|\(at\)|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?<!\w)\+\d(?:[ ().-]?\d){6,14}(?!\d)", re.ASCII
)
"""A mail address, an IPv4 address, or a telephone number (E.164, which may be parted) anywhere in a text."""
_TOKENS = re.compile(r"[\w:.]*:[\w:.]*:[\w:.]*", re.ASCII)
"""What in a text may be an IPv6 address."""
_MAIL = re.compile(r"[^\s/@]@[^\s/@]+\.[a-z]|%40", re.IGNORECASE)
_PART = r"(?:(?:Mc|Mac|[A-Z]')?[A-Z][a-z]+)"
_NAME = re.compile(rf"^{_PART}(?:[-_'.+~]{_PART})+\d*$")
"""Names joined as in Alice-Smith and McDonald_O'Neil. One word cannot be told from an id; neither can words in small
letters that a hyphen joins."""
_DOTTED_NAME = re.compile(r"^\.*[A-Za-z]+(?:\.+[A-Za-z]{2,})+\.*\d*$")
"""Names joined by dots: alice.smith, a.smith42."""
_BETWEEN_PARTS = re.compile(r"[/:|;,?&=#()\[\]-]+")
"""What separates the parts of an id."""
_PLAIN_ID = re.compile(r"[a-z0-9_/=~-]+", re.ASCII).fullmatch
"""What nearly all ids are, and nothing that `looks_personal` finds is: found at once."""
_WORD = re.compile(r"[a-z0-9]+")
_BLANK = re.compile(r"\s")


def slug(text: str) -> str:
    """A phrase as a code: Rate limit exceeded! becomes rate_limit_exceeded."""
    return "_".join(_WORD.findall(text.lower()))


PHRASES = """
access_denied account_disabled account_locked account_not_found already_exists api_key_expired api_key_not_found
authentication_failed authentication_required broken_pipe cannot_connect canceled cancelled connection_aborted
connection_closed connection_error connection_refused connection_reset connection_reset_by_peer connection_timed_out
content_filter content_filtered context_length_exceeded deadline_exceeded email_not_verified expired_token
incorrect_password insufficient_permissions insufficient_quota invalid_api_key invalid_code invalid_credentials
invalid_password invalid_request invalid_token invalid_two_factor_code ip_blocked ip_not_allowed log_in log_out
login_failed maximum_context_length_exceeded missing_token model_not_found network_error network_unreachable
no_such_user not_authenticated not_authorized not_enough_permissions open_session operation_timed_out out_of_memory
overloaded permission_denied quota_exceeded rate_limit rate_limit_exceeded rate_limit_reached rate_limited
read_timed_out request_timed_out resource_exhausted server_error session_expired sign_in sign_out sign_up
temporarily_unavailable timed_out timeout token_expired token_invalid token_missing token_revoked too_many_attempts
too_many_failed_attempts two_factor_required unauthenticated unauthorized unknown_error unknown_user upstream_timeout
user_disabled user_not_found verification_failed wrong_code wrong_password wrong_user_name
"""
KNOWN = frozenset(slug(status.phrase) for status in HTTPStatus) | frozenset(PHRASES.split())
"""Phrases that programs write for everybody alike, as codes."""


@dataclass(frozen=True)
class Redactor:
    """The rule, with the keyed hash that stands for what it does not keep; `all_ids`: every id gets one."""

    blind: Callable[[bytes], str]
    all_ids: bool = False

    def code(self, text: str) -> str:
        """A code, a known phrase as one, or a hash."""
        if _CODE.fullmatch(text) and not holds_address(text):
            return text
        return self._phrase(text)

    def error(self, text: str) -> str:
        """The same; of an error with a message its class, or its HTTP status."""
        if _CODE.fullmatch(text) and not holds_address(text):
            return text
        found = _CLASS.match(text) or _STATUS.match(text)
        return found[1] if found else self._phrase(text)

    def operation(self, text: str) -> str:
        """A code, or a verb and what it is done to."""
        whole = _CODE.fullmatch(text) or _OPERATION.fullmatch(text)
        return text if whole and not holds_address(text) else self._phrase(text)

    def model(self, text: str) -> str:
        """A model's name as providers write them."""
        plain = _MODEL.fullmatch(text) and not _MAIL.search(text) and not holds_address(text.replace("@", ""))
        return text if plain else self._phrase(text)

    def id(self, text: str) -> str:
        """An id, or a hash where it looks like an address or a name."""
        if not self.all_ids and (_PLAIN_ID(text) or not looks_personal(text)):
            return text
        return text if is_stand_in(text) else self.hashed(text)

    def event_id(self, text: str, said: Data, kept: Data) -> str:
        """An event's id, or a hash where it looks like an address or a name, or holds an id of its session or message
        that does; `kept` is the data that is `said`, redacted."""
        if kept is not said:
            for name in ("session_id", "message_id"):
                old = getattr(said, name, None)
                if old and old in text and getattr(kept, name) != old and not is_stand_in(text):
                    return self.hashed(text)
        return self.id(text)

    def name(self, text: str) -> str:
        """The name of an attribute or a kind of line, which its door keeps to one word; a hash where an address is in
        it."""
        return self.hashed(text) if holds_address(text) else text

    def source(self, text: str) -> str:
        """Where an event comes from: a path, a URN, a host's name; a hash where an address or a blank is in it. A name
        joined by dots cannot be told from a host's."""
        return self.hashed(text) if _BLANK.search(text) or holds_address(text) else text

    def _phrase(self, text: str) -> str:
        if is_stand_in(text) or not text:
            return text
        known = slug(text) if len(text) <= LONGEST else ""
        return known if known in KNOWN else self.hashed(text)

    def hashed(self, text: str) -> str:
        """What stands for a text; the same each time."""
        return HASHED + self.blind(text.encode(errors="replace"))[:16]

    def data(self, data: Data) -> Data:
        """An event's data with every text as its rule leaves it."""
        changed = {}
        for name, rule in _RULES.get(type(data), ()):
            said = getattr(data, name)
            if said is not None and (kept := rule(self, said)) != said:
                changed[name] = kept
        return structs.replace(data, **changed) if changed else data

    def details(self, said: dict[str, Any]) -> dict[str, Any]:
        """The words among the details of a security event."""
        return {name: self.code(value) if isinstance(value, str) else value for name, value in said.items()}


def is_stand_in(text: str) -> bool:
    """Whether it stands for another text."""
    return bool(_STAND_IN.fullmatch(text))


@lru_cache(maxsize=10_000)
def looks_personal(id: str) -> bool:
    """Whether an id holds a mail or network address, a telephone number, a name, or several words: as it is written, or
    with its percent-encoding and its compatibility characters resolved."""
    text = _resolved(id)
    if not text.isascii() or _BLANK.search(text) or holds_address(text) or _NAME.search(text):
        return True
    return any(map(_DOTTED_NAME.match, _BETWEEN_PARTS.split(text)))


def _resolved(text: str) -> str:
    """The text without percent-encoding (also twice) and with compatibility characters in their usual form (NFKC)."""
    return normalize("NFKC", unquote(unquote(text))) if "%" in text or not text.isascii() else text


def holds_address(text: str) -> bool:
    """Whether a mail or network address or a telephone number stands anywhere in a text."""
    text = _resolved(text)
    if _ADDRESS.search(text):
        return True
    return text.count(":") > 1 and any(map(_is_ipv6, _TOKENS.findall(text)))


def _is_ipv6(text: str) -> bool:
    """Whether it is one, or one with a word before it and a colon between (`user:2001:db8::1`)."""
    while text.count(":") > 1:
        try:
            return bool(IPv6Address(text.rstrip(".")))
        except ValueError:
            text = text.partition(":")[2]
    return False


Rule = Callable[[Redactor, Any], Any]
RULES: dict[str, Rule] = {
    "session_id": Redactor.id,
    "message_id": Redactor.id,
    "session_type": Redactor.code,
    "model": Redactor.model,
    "error": Redactor.error,
    "action": Redactor.operation,
    "reason": Redactor.code,
    "operation": Redactor.operation,
    "event_type": Redactor.code,
    "outcome": Redactor.code,
    "details": Redactor.details,
}
"""The rule of each field that holds a text, whatever its event's type."""
CLOSED = {("session.ended", "reason"), ("access", "outcome"), ("operation", "outcome")}
"""Fields that hold one of a few words, which the vocabulary checks."""
_RULES: dict[type[Data], list[tuple[str, Rule]]] = {
    kind: [
        (field.name, RULES[field.name])
        for field in structs.fields(kind)
        if field.name in RULES and (name, field.name) not in CLOSED
    ]
    for name, kind in TYPES.items()
}
