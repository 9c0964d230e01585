"""The shapes of what is shown: one struct for REST, the socket's frames, files and pages. Pure.

A room defines its structs beside the functions that build them; `encode` writes them. The numbers and words that many
of them hold stand here, with units.
"""

from typing import Annotated, Any, Generic, TypeVar

from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from msgspec.json import Encoder

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Instant = Annotated[float, Meta(description="Seconds since 1970 UTC.")]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0, description="Seconds.")]
Dollars = Annotated[float, Meta(ge=0, description="USD.")]
Share = Annotated[float, Meta(ge=0, le=1, description="0 to 1.")]
Next = Annotated[str, Meta(description="The `before` of the next page.")]


class Shape(Struct, frozen=True):
    """Base of every struct that is shown. A field without a default is always written, null where nothing is known.

    A struct that says more than its parent is `kw_only`, so that it is made of the parent's values and of what it adds:
    `TimedMessage(*astuple(row), outlier=None)`.
    """


class Problem(Shape, frozen=True):
    """Why there is no answer (RFC 9457)."""

    type: str
    title: Annotated[str, Meta(description="What is wrong, and what to do, in one sentence.")]
    status: Annotated[int, Meta(ge=400, le=599)]
    instance: str | UnsetType = UNSET


Kind = TypeVar("Kind", covariant=True)


class Encoded(Generic[Kind]):
    """A shape of this kind that is JSON already."""

    __slots__ = ("body",)

    def __init__(self, body: bytes) -> None:
        self.body = body


def _as_it_is(value: Any) -> Raw:
    if not isinstance(value, Encoded):
        raise TypeError(f"no shape: {type(value).__name__}")
    return Raw(value.body)


encode = Encoder(enc_hook=_as_it_is).encode
"""A shape as JSON, with what is encoded already inside."""
