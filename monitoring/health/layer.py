"""The layer over charts of time: gaps, which are stretches without figures, and marks, which are moments. Pure."""

from collections.abc import Iterable
from typing import Literal

from msgspec import UNSET, UnsetType, field

from monitoring.events.shape import Shape

MAX_GAPS, MAX_MARKS = 50, 50
"""The most gaps and the most marks in one layer: the longest, and the newest."""
GapKind = Literal["down", "silent", "lag"]
MarkKind = Literal["restart", "deploy", "note", "settings", "price"]
DOWN = "down"


class Gap(Shape, frozen=True):
    """A stretch in which figures are missing or late. Times in s since 1970."""

    start: int = field(name="from")
    end: int = field(name="to")
    kind: GapKind
    words: str

    @property
    def seconds(self) -> int:
        return self.end - self.start


class TimeMark(Shape, frozen=True):
    """A moment with a reason, s since 1970."""

    at: int
    kind: MarkKind
    words: str
    link: str | UnsetType = UNSET


def kind_of(text: str) -> MarkKind:
    """Returns the kind of a stored annotation."""
    return "deploy" if text == "deploy" else "settings" if text == "settings" else "note"


class Layer(Shape, frozen=True):
    """The gaps and marks that are drawn over every chart of time, in order of time."""

    gaps: list[Gap]
    marks: list[TimeMark]


def layer(gaps: Iterable[Gap], marks: Iterable[TimeMark]) -> Layer:
    """Returns a layer within its bounds: first the stops, in which figures are unknown, then the longest other gaps;
    and the newest marks."""
    longest = sorted(gaps, key=lambda gap: (gap.kind != DOWN, -gap.seconds))[:MAX_GAPS]
    newest = sorted(marks, key=lambda mark: -mark.at)[:MAX_MARKS]
    return Layer(sorted(longest, key=lambda gap: gap.start), newest[::-1])


def owners_layer(gaps: Iterable[Gap], marks: Iterable[TimeMark]) -> Layer:
    """Returns the layer that owners may see: that sbdash did not run, and that it restarted."""
    return layer(
        (Gap(gap.start, gap.end, "down", NOT_RUNNING) for gap in gaps if gap.kind == DOWN),
        (TimeMark(mark.at, "restart", RESTARTED) for mark in marks if mark.kind == "restart"),
    )


NOT_RUNNING, RESTARTED = "sbdash was not running", "sbdash restarted"
