"""Decides if a figure made of several people's sessions may be disclosed to one of them. Pure.

Two rules of statistical disclosure control (A. Hundepool et al., Statistical Disclosure Control, Wiley, 2012, chapter
4). Threshold: MIN_CONTRIBUTORS other people must have contributed. Dominance: none of them may have made more than half
of what the others made together.
"""

from collections.abc import Iterable, Mapping

MIN_CONTRIBUTORS = 5
"""Minimum number of other known people who contributed."""
Top = list[tuple[int, int]]
"""(person, amount) of the largest contributors, in descending order: enough of them, even without the reader."""


def top(amounts: Mapping[int, int]) -> Top:
    """Returns the largest contributors, from amounts by person."""
    contributors = ((person, amount) for person, amount in amounts.items() if amount > 0)
    return sorted(contributors, key=lambda one: (-one[1], one[0]))[: MIN_CONTRIBUTORS + 1]


def is_disclosable(contributors: Iterable[tuple[int, int]], reader: int, others: int) -> bool:
    """True if a reader may see a sum, or a figure made of it. `others` is the sum without the reader's part. A sum
    without other contributors discloses nothing."""
    amounts = [amount for person, amount in contributors if person != reader]
    if not amounts:
        return others <= 0
    return len(amounts) >= MIN_CONTRIBUTORS and 2 * max(amounts) <= others
