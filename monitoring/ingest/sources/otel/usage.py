"""Tokens and costs that stand in one map, a number for each kind: which of them are parts of which. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from monitoring.events.numbers import MAX_DOLLARS, read_amount, read_count

INPUT = ("input", "input_tokens", "prompt_tokens", "prompt", "inputTokens", "promptTokens", "prompt_token_count")
OUTPUT = (
    "output", "output_tokens", "completion_tokens", "completion", "outputTokens", "completionTokens",
    "candidates_token_count",
)  # fmt: skip
TOTAL = ("total", "total_tokens", "totalTokens", "total_token_count")
"""The names of the whole, the best first."""
PARTS = ("cach", "reason", "audio", "text", "image", "video", "thought", "thinking", "prediction", "tool_use")
"""What the names of known parts hold: such tokens are among those of the whole."""
_SIDES: dict[tuple[str, ...], tuple[str, ...]] = {
    INPUT: ("input", "prompt"),
    OUTPUT: ("output", "completion", "candidates"),
}


class Usage(NamedTuple):
    """Tokens, None where they are not told; and the names whose values cannot be read."""

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None
    odd: tuple[str, ...] = ()


class Costs(NamedTuple):
    """US dollars, None where they are not told; and the names whose values cannot be read."""

    total: float | None = None
    odd: tuple[str, ...] = ()


def read_usage(details: Mapping[str, Any]) -> Usage:
    """Where a total is told and the whole input and output equal it, all else are parts of them; where all kinds
    together equal it, they add up. Else the known parts are parts, and unknown kinds are added. Parts without a whole
    add up."""
    counts = {name: read_count(value) for name, value in _numbers(details)}
    odd = tuple(name for name, count in counts.items() if count is None)
    told = {name: count for name, count in counts.items() if count is not None}
    total = _whole(told, TOTAL)
    for prompt, completion in (
        (_whole(told, INPUT), _whole(told, OUTPUT)),
        (_sum(told, INPUT, ()), _sum(told, OUTPUT, ())),
    ):
        if total is not None and (prompt or 0) + (completion or 0) == total:
            return Usage(prompt, completion, total, odd)
    return Usage(_sum(told, INPUT, PARTS), _sum(told, OUTPUT, PARTS), total, odd)


def read_costs(details: Mapping[str, Any]) -> Costs:
    """The total, or else the sum: a cost is told for each kind of token, and what a part cost is not in its whole's."""
    amounts = {name: read_amount(value, MAX_DOLLARS) for name, value in _numbers(details)}
    odd = tuple(name for name, amount in amounts.items() if amount is None)
    told = {name: amount for name, amount in amounts.items() if amount is not None}
    total = told.get("total", min(sum(told.values()), MAX_DOLLARS) if told else None)
    return Costs(total, odd)


def _numbers(details: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What should be numbers: not what is absent, and not the maps in which some APIs tell parts once more."""
    return (
        (name, value) for name, value in details.items() if value is not None and not isinstance(value, dict | list)
    )


def _whole(told: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((told[name] for name in names if name in told), None)


def _sum(told: Mapping[str, int], side: tuple[str, ...], parts: tuple[str, ...]) -> int | None:
    """The whole, and what is not a part of it; all kinds of that side where no whole is told."""
    whole = _whole(told, side)
    kinds = [(name.lower(), count) for name, count in told.items() if name not in (*INPUT, *OUTPUT, *TOTAL)]
    mine = [(name, count) for name, count in kinds if any(word in name for word in _SIDES[side])]
    if whole is None:
        return sum(count for _, count in mine) if mine else None
    return whole + sum(count for name, count in mine if not any(part in name for part in parts))
