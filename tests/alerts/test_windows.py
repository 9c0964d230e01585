"""Sliding windows against the same figures computed anew for each window."""

from hypothesis import given
from hypothesis import strategies as some

from monitoring.alerts.figure import FIGURES
from monitoring.alerts.windows import samples
from monitoring.stats.histogram import quantile

STEP, BEGIN = 60, 6_000
steps = some.integers(0, 60).map(lambda number: BEGIN - 1_200 + STEP * number)
numbers = some.dictionaries(steps, some.tuples(some.integers(0, 5), some.integers(0, 9)), max_size=40)
histograms = some.dictionaries(
    steps, some.dictionaries(some.integers(0, 400), some.integers(1, 4), max_size=6), max_size=40
)
times = some.integers(0, 40).map(lambda number: range(BEGIN, BEGIN + STEP * number, STEP))
windows = some.integers(1, 20).map(lambda number: STEP * number)


def inside(parts: dict[int, object], at: int, window: int) -> list[int]:
    return [start for start in parts if at + STEP - window <= start < at + STEP]


@given(numbers, times, windows)
def test_sums_ratios_and_maxima(parts: dict[int, tuple[int, int]], times: range, window: int) -> None:
    found = [samples(FIGURES[name], parts, times, window) for name in ("cost", "error_rate", "sessions_active")]
    for place, at in enumerate(times):
        held = [parts[start] for start in inside(dict(parts), at, window)]
        over, under = sum(one[0] for one in held), sum(one[1] for one in held)
        assert [one[place] for one in found] == [
            (at, over / 10**9),
            (at, over / under if under else None),
            (at, max((one[0] for one in held), default=None)),
        ]


@given(histograms, times, windows, some.sampled_from(["response_p50", "response_p95"]))
def test_quantiles(parts: dict[int, dict[int, int]], times: range, window: int, name: str) -> None:
    for at, value in samples(FIGURES[name], parts, times, window):
        counts: dict[int, int] = {}
        for start in inside(dict(parts), at, window):
            for bucket, amount in parts[start].items():
                counts[bucket] = counts.get(bucket, 0) + amount
        assert value == quantile(counts, FIGURES[name].share)
