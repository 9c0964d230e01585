"""Answers about response times. Pure."""

from typing import Literal

from msgspec import field

from monitoring.api.answers.kinds import Answer, Count, Instant, Moment, Report, Seconds


class ResponseFigures(Answer, frozen=True):
    """Response times in seconds; `spread` is the geometric standard deviation."""

    count: Count
    mean: Seconds
    p50: Seconds
    p90: Seconds
    p95: Seconds
    p99: Seconds
    iqr: Seconds
    spread: float


class Bar(Answer, frozen=True):
    """A bar of a histogram; the last may have no end."""

    start: Seconds = field(name="from")
    to: Seconds | None
    count: Count


class ModelResponses(Answer, frozen=True):
    """The response times of a model, and above which limit one stands out."""

    model: str
    count: Count
    p50: Seconds | None
    p90: Seconds | None
    p95: Seconds | None
    p99: Seconds | None
    typical: Seconds | None
    limit: Seconds | None
    outliers: Count


class Before(Answer, frozen=True):
    """The same hour of the same weekday, in the weeks before."""

    weeks: Count
    low: Seconds
    p50: Seconds
    high: Seconds


class ResponsePoint(Answer, frozen=True):
    """Response times of a stretch of time."""

    t: Instant
    count: Count
    p50: Seconds | None
    p95: Seconds | None
    before: Before | None


class Trend(Answer, frozen=True):
    """Points, `step` seconds apart."""

    step: int
    points: list[ResponsePoint]


class Degradation(Answer, frozen=True):
    """Whether answers have become slower: those from `from` to `to`, against those from `baseline_from` to `from`."""

    start: Moment = field(name="from")
    to: Moment
    baseline_from: Moment
    state: Literal["steady", "slower", "unknown"]
    since: Moment | None
    score: float | None
    limit: float | None
    baseline_p50: Seconds | None
    now_p50: Seconds | None
    answers: Count
    words: str


class SlowAnswer(Answer, frozen=True):
    """An answer that stands out."""

    session_id: str
    message_id: str
    at: Moment
    model: str
    wait: Seconds
    typical: Seconds
    limit: Seconds
    score: float
    rule: str


class Responses(Report, frozen=True):
    """How long people wait."""

    figures: ResponseFigures | None
    skewed: Count
    histogram: list[Bar]
    models: list[ModelResponses]
    trend: Trend
    daily: list[ResponsePoint]
    degradation: Degradation
    outliers: list[SlowAnswer]
    rule: str
