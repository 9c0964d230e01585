"""A stage rests between batches of hundreds, so that more gathers; a long batch is its own rest."""

import pytest

from monitoring.pipeline.step import MAX_REST, rest


@pytest.mark.parametrize(("took", "until"), [(0.005, 0.02), (0.04, 0.16), (0.1, MAX_REST), (0.5, 0.5)])
def test_the_next_batch_begins_later_the_longer_one_took_and_never_much_later(took: float, until: float) -> None:
    assert rest(took) == pytest.approx(until)
