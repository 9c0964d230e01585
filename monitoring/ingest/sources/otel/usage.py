"""Sums token counts and costs from a map of kinds, where some kinds are parts of others. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from monitoring.events.json import Json
from monitoring.events.numbers import MAX_DOLLARS, read_amount, read_count

INPUT = ("input", "input_tokens", "prompt_tokens", "prompt", "inputTokens", "promptTokens", "prompt_token_count")
OUTPUT = (
    "output", "output_tokens", "completion_tokens", "completion", "outputTokens", "completionTokens",
    "candidates_token_count",
)  # fmt: skip
TOTAL = ("total", "total_tokens", "totalTokens", "total_token_count")
"""Names of the totals, the preferred ones first."""
PARTS = ("cach", "reason", "audio", "text", "image", "video", "thought", "thinking", "prediction", "tool_use")
"""Substrings of the names of known parts, whose tokens the total of their side includes."""
_SIDES: dict[tuple[str, ...], tuple[str, ...]] = {
    INPUT: ("input", "prompt"),
    OUTPUT: ("output", "completion", "candidates"),
}


class Usage(NamedTuple):
    """Token counts, None if unknown, and the names with invalid values."""

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None
    invalid: tuple[str, ...] = ()


class Costs(NamedTuple):
    """US dollars, None if unknown, and the names with invalid values."""

    total: float | None = None
    invalid: tuple[str, ...] = ()


def read_usage(details: Mapping[str, Json]) -> Usage:
    """Sums the tokens of a map. If total input and output add up to the given total, all other kinds are parts of them;
    if all kinds add up to it, no kind is a part. Otherwise known parts are parts, and unknown kinds are added. Parts
    without a total are added."""
    counts = {name: read_count(value) for name, value in _numbers(details)}
    invalid = tuple(name for name, count in counts.items() if count is None)
    known = {name: count for name, count in counts.items() if count is not None}
    total = _whole(known, TOTAL)
    for prompt, completion in (
        (_whole(known, INPUT), _whole(known, OUTPUT)),
        (_sum(known, INPUT, ()), _sum(known, OUTPUT, ())),
    ):
        if total is not None and (prompt or 0) + (completion or 0) == total:
            return Usage(prompt, completion, total, invalid)
    return Usage(_sum(known, INPUT, PARTS), _sum(known, OUTPUT, PARTS), total, invalid)


def read_costs(details: Mapping[str, Json]) -> Costs:
    """Returns the total, or else the sum: each kind has a cost of its own, and the cost of a part is not included in
    that of its total."""
    amounts = {name: read_amount(value, MAX_DOLLARS) for name, value in _numbers(details)}
    invalid = tuple(name for name, amount in amounts.items() if amount is None)
    known = {name: amount for name, amount in amounts.items() if amount is not None}
    total = known.get("total", min(sum(known.values()), MAX_DOLLARS) if known else None)
    return Costs(total, invalid)


def _numbers(details: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Skips None, and the nested maps in which some APIs repeat parts."""
    return (
        (name, value) for name, value in details.items() if value is not None and not isinstance(value, dict | list)
    )


def _whole(known: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((known[name] for name in names if name in known), None)


def _sum(known: Mapping[str, int], names: tuple[str, ...], parts: tuple[str, ...]) -> int | None:
    """Returns the total and the kinds that are not parts of it; without a total, the sum of all kinds of that side."""
    whole = _whole(known, names)
    other_counts = [(name.lower(), count) for name, count in known.items() if name not in (*INPUT, *OUTPUT, *TOTAL)]
    side_counts = [(name, count) for name, count in other_counts if any(word in name for word in _SIDES[names])]
    if whole is None:
        return sum(count for _, count in side_counts) if side_counts else None
    return whole + sum(count for name, count in side_counts if not any(part in name for part in parts))
