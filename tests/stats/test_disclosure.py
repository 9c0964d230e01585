"""Whether one may be told a figure over others."""

import pytest

from monitoring.stats.reports.disclosure import MIN_CONTRIBUTORS, is_disclosable, top

ME = 1


@pytest.mark.parametrize(
    ("amounts", "others", "told"),
    [
        ({}, 0, True),
        ({ME: 9}, 0, True),  # my own alone
        ({ME: 9}, 3, False),  # sessions of nobody: who knows how many
        ({ME: 9}, 1, False),
        ({2: 40}, 40, False),
        ({2: 8, 3: 8, 4: 8, 5: 8}, 32, False),
        ({ME: 8, 2: 8, 3: 8, 4: 8, 5: 8}, 32, False),  # I am not another
        ({2: 8, 3: 8, 4: 8, 5: 8, 6: 8}, 40, True),
        ({2: 40, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1}, 45, False),
        ({2: 40, 3: 20, 4: 17, 5: 1, 6: 1, 7: 1}, 80, True),  # exactly half
        ({ME: 400, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8, 7: 0}, 40, True),
    ],
)
def test_five_others_none_of_whom_made_over_half_must_be_behind_a_figure(
    amounts: dict[int, int], others: int, told: bool
) -> None:
    assert is_disclosable(top(amounts), ME, others) is told


def test_only_as_many_are_kept_as_are_needed_whoever_asks() -> None:
    found = top({person: 100 - person for person in range(50)} | {99: 0})
    assert found == [(person, 100 - person) for person in range(MIN_CONTRIBUTORS + 1)]


def test_of_equal_amounts_the_person_with_the_smaller_key_comes_first_and_who_has_none_is_no_contributor() -> None:
    assert top({7: 5, 3: 5, 5: 5, 4: 0, 6: -1}) == [(3, 5), (5, 5), (7, 5)]
