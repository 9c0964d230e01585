"""Answers about what figures mean, and the prices they reckon with. Pure."""

from typing import Annotated, Literal

from msgspec import Meta

from monitoring.api.answers.kinds import Answer, Count, Dollars


class Definition(Answer, frozen=True):
    """What a figure means, and where it comes from."""

    name: str
    label: str
    unit: str
    words: str
    window: str
    source: Literal["reported", "recomputed", "estimated"]


class Definitions(Answer, frozen=True):
    """Every figure that pages and REST show."""

    definitions: list[Definition]


class PriceRow(Answer, frozen=True):
    """What a model's tokens cost from a day on, in USD per million."""

    model: str
    valid_from: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    prompt: Dollars
    completion: Dollars
    version: Annotated[int, Meta(ge=0, description="0 is what is shipped.")]
    note: str


class Prices(Answer, frozen=True):
    """The price list that shadow costs are made with: every price there ever was, and those in force today (UTC)."""

    version: Count
    prices: list[PriceRow]
    in_force: list[PriceRow]
