"""Whether a figure over others may be told to one of them: nobody is to be made out in it. Pure.

Two rules of statistical disclosure control (A. Hundepool et al., Statistical Disclosure Control, Wiley, 2012, chapter
4): a threshold, FEWEST other people must have contributed; and dominance, none of them may have made over half of what
the others made together.
"""

from collections.abc import Iterable, Mapping

FEWEST = 5
"""Other known people who must have contributed."""
Top = list[tuple[int, int]]
"""(person, amount) of those who contributed most, the greatest first: enough of them, also without whoever asks."""


def top(amounts: Mapping[int, int]) -> Top:
    """Of amounts by person."""
    return sorted(((person, amount) for person, amount in amounts.items() if amount > 0), key=_order)[: FEWEST + 1]


def _order(one: tuple[int, int]) -> tuple[int, int]:
    return -one[1], one[0]


def is_told(contributors: Iterable[tuple[int, int]], reader: int, others: int) -> bool:
    """Whether a reader may see a sum, or a figure made of it; `others` is the sum without the reader's part. Where
    nobody else contributed it tells nothing of anybody."""
    amounts = [amount for person, amount in contributors if person != reader]
    if not amounts:
        return others <= 0
    return len(amounts) >= FEWEST and 2 * max(amounts) <= others
