"""Numbers and words that many answers hold. Pure."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field, to_builtins


class Answer(Struct, frozen=True):
    """What an answer holds; as plain values it is sent."""


def plain(answer: Answer) -> dict[str, Any]:
    """An answer as a dictionary, under the names that are sent."""
    found: dict[str, Any] = to_builtins(answer)
    return found


Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Instant = Annotated[float, Meta(description="Seconds since 1970 UTC.")]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0, description="Seconds.")]
Dollars = Annotated[float, Meta(ge=0, description="USD.")]
Share = Annotated[float, Meta(ge=0, le=1, description="0 to 1.")]
Next = Annotated[str, Meta(description="The `before` of the next page.")]


class Report(Answer, frozen=True):
    """Over so many days in UTC, today included."""

    days: int
    start: Moment = field(name="from")
    to: Moment


class Problem(Answer, frozen=True):
    """Why there is no answer (RFC 9457)."""

    type: str
    title: Annotated[str, Meta(description="What is wrong, and what to do, in one sentence.")]
    status: Annotated[int, Meta(ge=400, le=599)]
    instance: str | None = None
