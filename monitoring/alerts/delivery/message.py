"""A message about alerts, before a kind of receiver gives it a form. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

from msgspec import Struct, field

Kind = Literal["firing", "resolved", "test"]
MAX_PARTS = 100
"""Alerts that one message names; `truncated` counts the others."""


class Part(Struct, frozen=True):
    """One alert of a message. `peak`: the most extreme value; `start` and `end`: RFC 3339; `words`: a sentence; `url`
    shows the moment. `reminder`: how often it was told before; `escalated_from`: the receiver where nobody
    acknowledged it."""

    alert: str = field(name="id")
    rule: str
    figure: str
    scope: str
    severity: str
    threshold: float | None
    peak: float | None
    start: str = field(name="from")
    end: str | None = field(name="to")
    url: str
    words: str
    reminder: int = 0
    escalated_from: str = ""

    @property
    def is_conditional(self) -> bool:
        """True if it is sent only while the alert fires and nobody has acknowledged it."""
        return bool(self.reminder or self.escalated_from)

    @property
    def fingerprint(self) -> str:
        """Returns 16 characters that are the same for each alert of this rule and scope."""
        return sha256(f"{self.rule}\0{self.scope}".encode()).hexdigest()[:16]


class Message(Struct, frozen=True):
    """Alerts of one rule that one receiver is told together. `id` is the same each time that it is sent; `at` is its
    creation, RFC 3339; `receiver` is the name."""

    id: str
    kind: Kind
    at: str
    receiver: str
    parts: Sequence[Part]
    truncated: int = 0

    @property
    def first(self) -> Part:
        return self.parts[0]

    @property
    def title(self) -> str:
        """Returns one line: state, severity, rule, and the scope or how many alerts."""
        count = len(self.parts) + self.truncated
        which = f" ({count} alerts)" if count > 1 else f" · {self.first.scope}" if self.first.scope else ""
        return " ".join(f"[{self.state} · {self.first.severity}] {self.first.rule}{which}".split())

    @property
    def state(self) -> str:
        """Returns the word of the title."""
        if self.kind != "firing":
            return self.kind
        if self.first.escalated_from:
            return f"not acknowledged by {self.first.escalated_from}"
        return "still firing" if self.first.reminder else "firing"

    @property
    def text(self) -> str:
        """Returns the message as plain text: a paragraph for each alert."""
        paragraphs = [_paragraph(part) for part in self.parts]
        if self.truncated:
            paragraphs.append(f"{self.truncated} more alerts are on the page.")
        return "\n\n".join(paragraphs)


def _paragraph(part: Part) -> str:
    lines = [part.words, f"Rule: {part.rule} ({part.figure}{f', {part.scope}' if part.scope else ''})"]
    if part.threshold is not None:
        lines.append(f"Threshold: {part.threshold:g}")
    if part.peak is not None:
        lines.append(f"Most extreme value: {part.peak:g}")
    lines.append(f"From {part.start} to {part.end}" if part.end else f"Since {part.start}")
    return "\n".join([*lines, part.url] if part.url else lines)


def test_part(name: str, at: str, url: str, *, is_public: bool) -> Part:
    """Returns the alert of a test message. Without `is_public` it says that links may not open elsewhere."""
    words = f"This is a test of the receiver {name}. No rule fires."
    if not is_public:
        words += " PUBLIC_URL is not set, so links in messages lead to the address at which sbdash listens."
    return Part("test", "Test", "test", "", "notice", None, None, at, None, url, words)
