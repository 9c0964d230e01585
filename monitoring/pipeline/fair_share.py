"""Decides which partitions a worker leases, so that every living worker has a fair share. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol


class Held(Protocol):
    """A lease: the holder's process token, and the seconds until it expires (negative: it is free)."""

    @property
    def holder(self) -> str: ...
    @property
    def left(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Names of the leases to renew (`keep`), to release (`drop`) and to acquire (`take`)."""

    keep: Sequence[str]
    drop: Sequence[str]
    take: Sequence[str]


def plans(stages: Mapping[str, int], known: Mapping[str, Held], me: str, workers: int) -> Plan:
    """The plans of all stages as one. `stages` maps a stage's name to its number of partitions."""
    by_stage = [plan([f"{stage}/{n}" for n in range(parts)], known, me, workers) for stage, parts in stages.items()]
    return Plan(*([unit for one in by_stage for unit in getattr(one, name)] for name in ("keep", "drop", "take")))


def plan(units: Sequence[str], known: Mapping[str, Held], me: str, workers: int) -> Plan:
    """The next step of the worker `me`, one of `workers` that live.

    A worker with more than a fair share releases the excess, so that one with less finds it free. The share of a worker
    that died expires, and is free for all.
    """
    fair = ceil(len(units) / max(1, workers))
    mine = [unit for unit in units if unit in known and known[unit].left > 0 and known[unit].holder == me]
    free = [unit for unit in units if unit not in known or known[unit].left <= 0]
    return Plan(mine[:fair], mine[fair:], free[: max(0, fair - len(mine))])


def living(known: Mapping[str, Held], names: Collection[str]) -> int:
    """How many of these leases are held."""
    return sum(known[name].left > 0 for name in names if name in known)
