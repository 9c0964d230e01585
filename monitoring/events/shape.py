"""The base of the structs that REST, socket frames, CSV files and pages share, and their common field types. Pure.

Each package defines its structs beside the functions that build them. `encode` serializes them as JSON.
"""

from typing import Annotated, Generic, TypeVar

from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from msgspec.json import Encoder

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Instant = Annotated[float, Meta(description="Seconds since 1970 UTC.")]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0, description="Seconds.")]
Dollars = Annotated[float, Meta(ge=0, description="USD.")]
Share = Annotated[float, Meta(ge=0, le=1, description="0 to 1.")]
Next = Annotated[str, Meta(description="The value of `before` for the next page.")]


class Shape(Struct, frozen=True):
    """The base of every struct in a response. A field without a default is always written, as null if it is unknown.

    A struct that extends another is `kw_only`, so that it can be built from the parent's values and its own:
    `TimedMessage(*astuple(row), outlier=None)`.
    """


class Problem(Shape, frozen=True):
    """Problem details of an error (RFC 9457)."""

    type: str
    title: Annotated[str, Meta(description="The error and its remedy, in one sentence.")]
    status: Annotated[int, Meta(ge=400, le=599)]
    instance: str | UnsetType = UNSET


Kind = TypeVar("Kind", covariant=True)


class Encoded(Generic[Kind]):
    """A shape of this kind, already encoded as JSON."""

    __slots__ = ("body",)

    def __init__(self, body: bytes) -> None:
        self.body = body


def _raw(value: object) -> Raw:
    if not isinstance(value, Encoded):
        raise TypeError(f"cannot encode {type(value).__name__}")
    return Raw(value.body)


encode = Encoder(enc_hook=_raw).encode
"""Encodes a shape as JSON. `Encoded` values inside it are inserted unchanged."""
