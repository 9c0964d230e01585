"""Which parts a worker takes: its fair share of them, and of those that others left. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol


class Held(Protocol):
    """Who holds something, and for how many seconds more (negative: it is free)."""

    @property
    def holder(self) -> str: ...
    @property
    def left(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Leases to renew, to give away, to ask for."""

    keep: Sequence[str]
    drop: Sequence[str]
    take: Sequence[str]


def plans(stages: Mapping[str, int], known: Mapping[str, Held], me: str, workers: int) -> Plan:
    """The same for every stage, by its number of parts."""
    each = [plan([f"{stage}/{part}" for part in range(parts)], known, me, workers) for stage, parts in stages.items()]
    return Plan(*([unit for one in each for unit in getattr(one, name)] for name in ("keep", "drop", "take")))


def plan(units: Sequence[str], known: Mapping[str, Held], me: str, workers: int) -> Plan:
    """What this worker does next, one of so many that live. Who has more than a fair share gives the rest away, so that
    one who has less finds it free; a worker that died leaves its share to all."""
    fair = ceil(len(units) / max(1, workers))
    mine = [unit for unit in units if unit in known and known[unit].left > 0 and known[unit].holder == me]
    free = [unit for unit in units if unit not in known or known[unit].left <= 0]
    return Plan(mine[:fair], mine[fair:], free[: max(0, fair - len(mine))])


def living(known: Mapping[str, Held], names: Collection[str]) -> int:
    """How many of these leases are held."""
    return sum(known[name].left > 0 for name in names if name in known)
