"""The buttons of ranges, whose values the live topics know."""

import pytest

from monitoring.dashboard.ranges import default_range, range_buttons


def test_each_page_with_a_time_offers_the_same_ranges() -> None:
    assert [(one.value, one.words, one.chosen) for one in range_buttons("1h")] == [
        ("15m", "15 min", False), ("1h", "1 h", True), ("6h", "6 h", False), ("24h", "24 h", False),
        ("7d", "7 d", False), ("28d", "28 d", False), ("90d", "90 d", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("usual", "hours", "chosen"),
    [
        ("28d", None, "28d"),
        ("28d", 0.2, "24h"),
        ("28d", 3, "24h"),
        ("28d", 26, "7d"),
        ("28d", 24 * 8, "28d"),
        ("28d", 24 * 400, "28d"),
        ("7d", 24 * 8, "7d"),
    ],
)
def test_a_young_database_is_shown_whole_at_first(usual: str, hours: float | None, chosen: str) -> None:
    assert default_range(usual, None if hours is None else hours * 3_600) == chosen
