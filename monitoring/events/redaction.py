"""Redaction: texts of senders become codes or keyed hashes, by one rule per field for all protocols. Pure.

A text is kept if it has the form of its field: a code (`upstream_timeout`), an operation (`POST /v1/chat`), a model, an
id. A known phrase becomes its code. An error with a message becomes its class. Any other text becomes a keyed hash,
which is equal for equal texts; so does an id that looks like an address or a name. Fields that identify a person
(PERSONAL) are sealed elsewhere. Redaction is idempotent.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address
from unicodedata import normalize
from urllib.parse import unquote

from msgspec import structs

from monitoring.events.vocabulary import TYPES, Data, Details

HASHED = "hashed-"
"""The prefix of a stand-in; 16 characters (letters, digits, - and _) follow."""
MAX_CODE_LENGTH = 64
"""Characters."""
_STAND_IN = re.compile(rf"{HASHED}[\w-]{{16}}", re.ASCII)
_CODE = re.compile(r"[A-Za-z_][\w.:/-]{0,63}|\d{1,5}[A-Za-z%]{0,3}", re.ASCII)
_VERBS = (
    "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY|SELECT|INSERT|UPDATE|UPSERT|chat|text_completion|generate_content"
    "|embeddings|retrieval|rerank|execute_tool|create_agent|invoke_agent|invoke_workflow|tools/call|prompts/get"
)
"""Verbs of HTTP, SQL, MCP, and values of gen_ai.operation.name."""
_OPERATION = re.compile(rf"(?:{_VERBS}) [\w.:/{{}}*@+-]{{1,128}}", re.ASCII)
"""A verb and its object: `chat gpt-4o`, `GET /users/{id}`."""
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
"""A mail address, an IPv4 address, or a telephone number (E.164, with or without separators) anywhere in a text."""
_IPV6_CANDIDATES = re.compile(r"[\w:.]*:[\w:.]*:[\w:.]*", re.ASCII)
"""Parts of a text that may be IPv6 addresses."""
_MAIL = re.compile(r"[^\s/@]@[^\s/@]+\.[a-z]|%40", re.IGNORECASE)
_PART = r"(?:(?:Mc|Mac|[A-Z]')?[A-Z][a-z]+)"
_NAME = re.compile(rf"^{_PART}(?:[-_'.+~]{_PART})+\d*$")
"""Names joined as in Alice-Smith and McDonald_O'Neil. A single word cannot be distinguished from an id, nor can
lower-case words joined by a hyphen."""
_DOTTED_NAME = re.compile(r"^\.*[A-Za-z]+(?:\.+[A-Za-z]{2,})+\.*\d*$")
"""Names joined by dots: alice.smith, a.smith42."""
_SEPARATORS = re.compile(r"[/:|;,?&=#()\[\]-]+")
"""Separators of the parts of an id."""
_PLAIN_ID = re.compile(r"[a-z0-9_/=~-]+", re.ASCII).fullmatch
"""A fast test that nearly all ids pass, and no id that `looks_personal`."""
_WORD = re.compile(r"[a-z0-9]+")
_BLANK = re.compile(r"\s")


def slug(text: str) -> str:
    """Returns a phrase as a code: Rate limit exceeded! becomes rate_limit_exceeded."""
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
KNOWN_CODES = frozenset(slug(status.phrase) for status in HTTPStatus) | frozenset(PHRASES.split())
"""Codes of common phrases that contain nothing about a person."""


@dataclass(frozen=True)
class Redactor:
    """The redaction rules. `keyed_hash` replaces texts that are not kept; with `all_ids` it replaces every id."""

    keyed_hash: Callable[[bytes], str]
    all_ids: bool = False

    def code(self, text: str) -> str:
        """Keeps a code. A known phrase becomes its code, any other text a hash."""
        if _CODE.fullmatch(text) and not holds_address(text):
            return text
        return self._phrase(text)

    def error(self, text: str) -> str:
        """Does the same as `code`. An error with a message becomes its class or its HTTP status."""
        if _CODE.fullmatch(text) and not holds_address(text):
            return text
        match = _CLASS.match(text) or _STATUS.match(text)
        return match[1] if match else self._phrase(text)

    def operation(self, text: str) -> str:
        """Keeps a code, or a verb and its object."""
        match = _CODE.fullmatch(text) or _OPERATION.fullmatch(text)
        return text if match and not holds_address(text) else self._phrase(text)

    def model(self, text: str) -> str:
        """Keeps a model's name in the notations of providers."""
        return text if _is_model(text) else self._phrase(text)

    def id(self, text: str) -> str:
        """Keeps an id, unless it looks like an address or a name."""
        if not self.all_ids and (_PLAIN_ID(text) or not looks_personal(text)):
            return text
        return text if is_stand_in(text) else self.hashed(text)

    def event_id(self, text: str, data: Data, redacted: Data) -> str:
        """Keeps an event's id, unless it looks like an address or a name, or contains a session or message id that was
        redacted. `redacted` is `data` after redaction."""
        if redacted is not data:
            for name in ("session_id", "message_id"):
                original = getattr(data, name, None)
                if original and original in text and getattr(redacted, name) != original and not is_stand_in(text):
                    return self.hashed(text)
        return self.id(text)

    def name(self, text: str) -> str:
        """Keeps the name of an attribute or a kind of log line, unless it contains an address. Its protocol has checked
        that it is one word."""
        return self.hashed(text) if holds_address(text) else text

    def source(self, text: str) -> str:
        """Keeps the source of an event (a path, a URN, a host name), unless it contains an address or white space. A
        person's name joined by dots cannot be distinguished from a host name."""
        return self.hashed(text) if _BLANK.search(text) or holds_address(text) else text

    def _phrase(self, text: str) -> str:
        if is_stand_in(text) or not text:
            return text
        code = slug(text) if len(text) <= MAX_CODE_LENGTH else ""
        return code if code in KNOWN_CODES else self.hashed(text)

    def hashed(self, text: str) -> str:
        """Returns the stand-in of a text: HASHED and 16 characters of its keyed hash."""
        return HASHED + self.keyed_hash(text.encode(errors="replace"))[:16]

    def data(self, data: Data) -> Data:
        """Returns the data with each text redacted by the rule of its field; the same object if nothing changes."""
        changed = {}
        for name, rule in _RULES_BY_TYPE.get(type(data), ()):
            value = getattr(data, name)
            if value is not None and (redacted := rule(self, value)) != value:
                changed[name] = redacted
        return structs.replace(data, **changed) if changed else data

    def details(self, details: Details) -> Details:
        """Redacts the texts in the details of a security event."""
        return {name: self.code(value) if isinstance(value, str) else value for name, value in details.items()}


def is_stand_in(text: str) -> bool:
    """True if the text is a stand-in for a redacted text."""
    return bool(_STAND_IN.fullmatch(text))


@lru_cache(maxsize=1_000)
def _is_model(text: str) -> bool:
    """True if the text has the form of a model's name, and contains no address."""
    return bool(_MODEL.fullmatch(text)) and not _MAIL.search(text) and not holds_address(text.replace("@", ""))


@lru_cache(maxsize=10_000)
def looks_personal(id: str) -> bool:
    """True if an id contains a mail or network address, a telephone number, a name, several words, or a letter beyond
    ASCII; percent-encoding is decoded first."""
    text = _resolved(id)
    if any(map(_is_foreign_letter, text)) or _BLANK.search(text) or holds_address(text) or _NAME.search(text):
        return True
    return any(map(_DOTTED_NAME.match, _SEPARATORS.split(text)))


def _is_foreign_letter(character: str) -> bool:
    """True for a letter beyond ASCII, and for an invisible character, which may hide a separator of words."""
    return not character.isascii() and (character.isalpha() or not character.isprintable())


def _resolved(text: str) -> str:
    """Returns the text with percent-encoding decoded twice, in Unicode's form NFKC."""
    return normalize("NFKC", unquote(unquote(text))) if "%" in text or not text.isascii() else text


def holds_address(text: str) -> bool:
    """True if a text contains a mail or network address or a telephone number."""
    text = _resolved(text)
    if _ADDRESS.search(text):
        return True
    return text.count(":") > 1 and any(map(_is_ipv6, _IPV6_CANDIDATES.findall(text)))


def _is_ipv6(text: str) -> bool:
    """True for an IPv6 address, also after a word and a colon (`user:2001:db8::1`)."""
    while text.count(":") > 1:
        try:
            return bool(IPv6Address(text.rstrip(".")))
        except ValueError:
            text = text.partition(":")[2]
    return False


Rule = Callable[[Redactor, str], str] | Callable[[Redactor, Details], Details]
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
"""The rule of each field with a text, for all event types."""
ENUMERATED = {("session.ended", "reason"), ("access", "outcome"), ("operation", "outcome")}
"""(Event type, field): texts that are not redacted, since the vocabulary checks that they are one of a few values."""
_RULES_BY_TYPE: dict[type[Data], list[tuple[str, Rule]]] = {
    kind: [
        (field.name, RULES[field.name])
        for field in structs.fields(kind)
        if field.name in RULES and (name, field.name) not in ENUMERATED
    ]
    for name, kind in TYPES.items()
}
