"""The registry of what is counted: each row of it is whole, the fold counts nothing else, and docs say the same."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from folding import Kept
from hypothesis import given, settings
from profiles import examples
from test_fold_property import Sent, records, rivers

from monitoring.db.transactions import write_transaction
from monitoring.events.record import Record
from monitoring.events.vocabulary import Vote
from monitoring.stats import metrics, repository
from monitoring.stats.bucket import DAYS, LONG, WIDTHS, add, grouped
from monitoring.stats.figures import figure, total
from monitoring.stats.fold import Fold
from monitoring.stats.metrics import BY_CODE, BY_NAME, COLUMNS, METRICS, Metric, columns_of
from monitoring.stats.repository import add_to_buckets, decode_groups
from monitoring.stats.series import series, span_of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "figures.md"


def test_names_and_codes_are_each_used_once() -> None:
    assert len(METRICS) == len(BY_CODE) == len(BY_NAME) > 30
    assert not any(":" in metric.code for metric in METRICS)
    points = [metric.point for metric in METRICS if metric.point]
    assert len(points) == len(set(points))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_says_what_it_is(metric: Metric) -> None:
    assert metric.unit
    assert metric.meaning.endswith(".")
    assert metric.widths in (WIDTHS, LONG, DAYS)
    assert metric.column in COLUMNS
    assert len(metric.dims) <= 2
    assert not (metric.values or metric.summed) or len(metric.dims) == 1
    assert len(metric.dims) < 2 or metric.dims[1] in ("model", "operation"), "a name, which may hold a colon, is last"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_count_is_read_under_the_values_it_was_counted_by(metric: Metric) -> None:
    by = ("llama3.2:latest",) if len(metric.dims) == 1 else (7, "llama3.2:latest")[: len(metric.dims)]
    groups = grouped({metric.of(*by): 3})
    assert metric.read(groups) == {":".join(map(str, by)): 3}
    assert [one for one in METRICS if one.read(groups)] == [metric]
    assert metric.sum(groups) == 3


@given(rivers())
@settings(max_examples=examples(60))
def test_whatever_is_counted_is_in_the_table_and_in_the_widths_that_it_says(sent: list[Sent]) -> None:
    kept = Kept()
    kept.apply(records(sent)) if sent else None
    for (width, _), (_, groups) in kept.buckets.items():
        assert groups.keys() <= BY_CODE.keys()
        assert all(width in BY_CODE[code].widths for code in groups)


def test_what_does_not_add_up_is_the_most_in_one_bucket() -> None:
    active = metrics.SESSIONS_ACTIVE
    assert active.sum(total([grouped({active.of(): amount}) for amount in (3, 5, 4)])) == 5


def test_a_figure_has_the_shape_of_its_metric() -> None:
    """Dollars by model, a number, every kind, quantiles, and quantiles by name."""
    groups = grouped({
        metrics.COST.of("a"): 5, metrics.SESSIONS_ENDED.of("closed"): 2, metrics.SESSIONS_ENDED.of("error"): 1,
        metrics.ERRORS.of("session"): 1, metrics.RESPONSE_TIME.of(0): 4, metrics.MODEL_RESPONSE_TIME.of(0, "a:b"): 4,
    })  # fmt: skip
    times = {"p50": 0.0, "p90": 0.0, "p95": 0.0, "p99": 0.0, "count": 4}
    assert figure(metrics.COST, groups) == {"a": 5e-9}
    assert figure(metrics.SESSIONS_ENDED, groups) == 3
    assert figure(metrics.ERRORS, groups) == {"message": 0, "operation": 0, "session": 1}
    assert figure(metrics.RESPONSE_TIME, groups) == times
    assert figure(metrics.RESPONSE_TIME, {}) is None
    assert figure(metrics.ANSWERS, groups) == 0


def test_sums_leave_out_what_became_zero() -> None:
    held = {"x": {"message": 1, "session": 2}, "f": {"": 3}}
    add(held, {"x": {"message": -1}, "f": {"": -3}, "u": {"": 1, "zero": 0}, "o": {"ok": 0}})
    assert held == {"x": {"session": 2}, "u": {"": 1}}


VOTES = Metric("votes", "made-up", "votes", "Votes.", ("value",), widths=LONG, column=metrics.BY_OPERATION)


@pytest.mark.django_db
def test_a_counter_is_a_row_and_a_line_and_its_series_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the table, and in the fold."""
    vote, now = Fold._vote, int(datetime.now(UTC).timestamp())

    def counting(fold: Fold, record: Record, data: Vote) -> None:
        vote(fold, record, data)
        fold.deltas.add(record.person, record.at, (), [(VOTES.of(data.value), 1)])

    monkeypatch.setitem(BY_CODE, VOTES.code, VOTES)
    monkeypatch.setattr(Fold, "_vote", counting)
    kept = Kept()
    data = Vote(message_id="m", session_id="s", user_id="u", value="up")
    kept.apply([Record(1, now * 1_000_000, now * 1_000_000, "vote", data, 7)])
    rows = {place: row for place, row in kept.buckets.items() if row[1]}
    assert {width for width, _ in rows} == set(LONG)
    with write_transaction():
        add_to_buckets(rows)
    found = series(VOTES, span_of(VOTES, now - 60, now, 3_600))
    assert [value for _, value in found] == [{"up": 1}]
    assert decode_groups([repository.EMPTY_COLUMN]) == {}


def test_columns_are_those_of_the_metrics_that_are_wanted() -> None:
    assert columns_of([metrics.OPERATION_CPU, metrics.MESSAGES, metrics.TOKENS]) == ("counts", "by_operation")
    assert columns_of([]) == ()
    assert replace(metrics.MESSAGES, column="durations").column == "durations"


def test_the_table_in_the_docs_is_the_registry() -> None:
    widths = {WIDTHS: "all", LONG: "hours, days", DAYS: "days"}
    lines = [
        f"| `{one.name}` | {one.unit} | {', '.join(one.dims)} | {widths[one.widths]} | {one.meaning} |"
        for one in METRICS
    ]
    assert "\n".join(lines) in DOCS.read_text()
