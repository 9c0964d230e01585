"""Pseudonyms: the names that staff see instead of those of persons. Pure."""

import re
from typing import NamedTuple

BIRDS = [
    "auk", "bittern", "bunting", "buzzard", "chough", "coot", "crake", "crane", "curlew", "dipper", "dotterel",
    "dove", "dunlin", "dunnock", "eider", "egret", "falcon", "finch", "firecrest", "fulmar", "gannet", "godwit",
    "goshawk", "grebe", "harrier", "heron", "hobby", "hoopoe", "jackdaw", "jay", "kestrel", "kite", "knot",
    "lapwing", "lark", "linnet", "magpie", "martin", "merlin", "nuthatch", "oriole", "osprey", "ouzel", "petrel",
    "pipit", "plover", "puffin", "quail", "raven", "redstart", "robin", "ruff", "sanderling", "serin", "shrike",
    "siskin", "skua", "snipe", "stork", "swift", "teal", "tern", "wren", "wryneck",
]  # fmt: skip


MAX_KEY_DIGITS = 18


class NamePart(NamedTuple):
    """Persons whose pseudonym begins with a text: those with a key in one of the ranges (inclusive), and of one of the
    birds, by their places in BIRDS."""

    birds: frozenset[int]
    ranges: tuple[tuple[int, int], ...]


def part_of_name(text: str) -> NamePart | None:
    """Returns the persons whose pseudonym, or whose number in it, begins with a text such as `pip`, `pipit-31` or
    `31`; None if no pseudonym does."""
    name, dash, number = text.lower().rpartition("-")
    if not dash:
        name, number = ("", number) if number.isdecimal() else (number, "")
    if number and not re.fullmatch(rf"[1-9][0-9]{{0,{MAX_KEY_DIGITS - 1}}}", number):
        return None
    birds = [place for place, bird in enumerate(BIRDS) if (bird == name if dash else bird.startswith(name))]
    if not birds or not (name or number):
        return None
    longer = range(MAX_KEY_DIGITS - len(number) + 1) if number else ()
    ranges = tuple((int(number) * 10**more, (int(number) + 1) * 10**more - 1) for more in longer)
    return NamePart(frozenset(birds), ranges)


def pseudonym(key: int | None) -> str:
    """Returns the pseudonym of a person: a bird and the key. It is stable and unique, and discloses only the order of
    first appearance."""
    return "nobody" if key is None else f"{BIRDS[key % len(BIRDS)]}-{key}"
