"""kill -9 under load: nothing acknowledged is missing, nothing counts twice, a rebuild finds the same."""

import pytest

from bench.kill import run

pytestmark = pytest.mark.slow


def test_three_kills_lose_nothing_and_double_nothing() -> None:
    report = run(kills=3)
    assert report.differences == []
    assert report.kills == 3
    assert report.acknowledged > 0
    assert report.journal >= report.acknowledged
