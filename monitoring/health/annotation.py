"""An annotation as a program sends it, and as REST returns it. Pure."""

import re
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from monitoring.events.shape import Moment, Shape
from monitoring.events.vocabulary import VISIBLE, is_storable

MAX_WORDS, MAX_LINK, MAX_ID = 200, 500, 100
MAX_AHEAD, OLDEST = 86_400, 0
"""Seconds that an annotation may lie in the future, and its oldest time (s since 1970)."""
HIDDEN = re.compile("[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Control characters, and those that hide text or change its direction."""
Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID, pattern=VISIBLE)]
Words = Annotated[str, Meta(min_length=1, max_length=MAX_WORDS)]
Link = Annotated[str, Meta(max_length=MAX_LINK)]


class NewAnnotation(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request: what happened, and when (default: now). Sent again with the same `id`, it is the same
    annotation."""

    kind: Literal["deploy", "note"]
    words: Words
    at: Moment | None = None
    link: Link | None = None
    id: Id | None = None


class Annotation(Shape, frozen=True):
    """A mark on the charts of time."""

    id: str
    at: Moment
    kind: str
    words: str
    link: str | None
    by: str


class Annotations(Shape, frozen=True):
    """Annotations in order of time."""

    annotations: list[Annotation]


class Invalid(ValueError):
    """The annotation cannot be kept; the text names the field."""


def parse(body: bytes) -> NewAnnotation:
    """Returns the annotation in a request's body. Raises Invalid."""
    try:
        new = msgspec.json.decode(body, type=NewAnnotation)
    except msgspec.MsgspecError as error:
        raise Invalid(str(error)) from None
    if HIDDEN.search(new.words) or not new.words.strip() or not is_storable(new.words):
        raise Invalid("words: write visible characters, in one line")
    if new.id is not None and (HIDDEN.search(new.id) or not is_storable(new.id)):
        raise Invalid("id: write visible characters, in one line")
    if new.link is not None and not is_link(new.link):
        raise Invalid("link: is not an https address")
    return new


def is_link(text: str) -> bool:
    """Returns whether a text is an https address that a page may link to."""
    return bool(re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?(/[!#-;=?-\[\]_a-z~]*)?", text))


def time_of(new: NewAnnotation, now: float) -> int:
    """Returns the time of an annotation, µs since 1970. Raises Invalid."""
    if new.at is None:
        return int(now * 1e6)
    try:
        moment = msgspec.convert(new.at, Annotated[datetime, Meta(tz=True)])
    except msgspec.ValidationError:
        raise Invalid("at: is not a time with a zone, as in 2026-11-28T19:00:00Z (RFC 3339)") from None
    seconds = moment.timestamp()
    if not OLDEST <= seconds <= now + MAX_AHEAD:
        raise Invalid("at: lies before 1970, or more than a day in the future")
    return int(seconds * 1e6)
