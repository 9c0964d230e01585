"""Bands of durations: a band includes its lower border and excludes the upper."""

import pytest

from monitoring.stats.bands import LIFETIME_BORDERS, WAIT_BORDERS, band_counts, band_of, band_ranges


@pytest.mark.parametrize(
    ("micros", "band"),
    [
        (0, 0), (999_999, 0), (1_000_000, 1), (1_999_999, 1), (2_000_000, 2), (5_000_000, 5), (59_999_999, 30),
        (60_000_000, 60), (10**12, 60),
    ],
)  # fmt: skip
def test_a_duration_is_in_the_band_whose_lower_border_it_has_reached(micros: int, band: int) -> None:
    assert band_of(micros, WAIT_BORDERS) == band


def test_every_border_of_lifetimes_begins_its_own_band() -> None:
    assert [band_of(border * 1_000_000, LIFETIME_BORDERS) for border in LIFETIME_BORDERS] == list(LIFETIME_BORDERS)
    assert [band_of(border * 1_000_000 - 1, LIFETIME_BORDERS) for border in LIFETIME_BORDERS[1:]] == list(
        LIFETIME_BORDERS[:-1]
    )


def test_ranges_follow_each_other_and_the_last_has_no_end() -> None:
    assert band_ranges((0, 1, 5)) == [(0, 1), (1, 5), (5, None)]


def test_a_band_that_was_never_counted_is_zero_and_a_name_that_is_no_band_is_ignored() -> None:
    assert band_counts({"5": 2, "0": 7, "3": 9}, (0, 1, 5)) == [7, 0, 2]


def test_the_borders_are_those_by_whose_names_bands_are_stored() -> None:
    """Another border needs a migration that makes the statistics again."""
    assert WAIT_BORDERS == (0, 1, 2, 5, 10, 20, 30, 60)
    hours = (3_600, 7_200, 14_400, 28_800, 86_400, 172_800)
    assert list(LIFETIME_BORDERS) == [0, 10, 30, 60, 120, 300, 600, 1_200, 1_800, *hours]
