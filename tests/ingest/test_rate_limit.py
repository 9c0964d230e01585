"""The token bucket, by a clock that the test turns."""

import pytest

from monitoring.ingest.http.rate_limit import TokenBucket


def bucket() -> TokenBucket:
    return TokenBucket(rate=10, burst=100, level=100, since=0)


def test_a_full_bucket_gives_its_burst_at_once_and_then_says_how_long_to_wait() -> None:
    made = bucket()
    assert made.wait(100, 0) == 0
    assert made.wait(5, 0) == pytest.approx(0.5)
    assert made.wait(5, 0.4) == pytest.approx(0.1)
    assert made.wait(5, 0.5) == 0


def test_a_refusal_takes_nothing() -> None:
    made = bucket()
    made.wait(100, 0)
    for _ in range(50):
        made.wait(10, 0.5)
    assert made.wait(10, 1.0) == 0


def test_it_never_holds_more_than_its_burst() -> None:
    made = bucket()
    assert made.wait(100, 1_000) == 0
    assert made.wait(1, 1_000) > 0


def test_more_than_a_burst_is_taken_from_a_full_bucket_and_paid_back_later() -> None:
    made = bucket()
    assert made.wait(150, 0) == 0
    assert made.wait(10, 5) > 0
    assert made.wait(10, 6) == 0


def test_over_time_no_more_than_the_rate_and_one_burst_flow() -> None:
    made, taken = bucket(), 0
    for tick in range(1_000):
        taken += 7 if made.wait(7, tick / 10) == 0 else 0
    assert 1_000 <= taken <= 100 + 10 * 100
