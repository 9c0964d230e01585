"""Who takes which parts: everybody the same number, and what the dead left."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from monitoring.pipeline.fair_share import plan, plans

UNITS = [f"stats/{part}" for part in range(8)] + ["security/0"]


@dataclass(frozen=True)
class Held:
    holder: str
    left: float


def test_who_is_alone_takes_everything() -> None:
    assert plan(UNITS, {}, "a", 1).take == UNITS


def test_who_has_too_much_gives_the_rest_away_and_who_comes_waits_for_it() -> None:
    known = {unit: Held("a", 5.0) for unit in UNITS}
    assert len(plan(UNITS, known, "a", 2).drop) == 4
    assert plan(UNITS, known, "b", 2).take == []


def test_what_a_dead_worker_held_is_free_when_its_time_is_over() -> None:
    known = {unit: Held("dead", -0.1) for unit in UNITS[:5]} | {unit: Held("a", 3.0) for unit in UNITS[5:]}
    assert plan(UNITS, known, "a", 1).take == UNITS[:5]


@given(st.integers(1, 12), st.randoms())
def test_after_some_looks_everything_is_held_by_one_and_nobody_has_more_than_a_fair_share(workers: int, chance) -> None:
    names, held = [f"w{number}" for number in range(workers)], dict[str, Held]()
    for _ in range(4):
        for me in chance.sample(names, workers):
            wish = plan(UNITS, held, me, workers)
            for unit in wish.drop:
                del held[unit]
            held |= {unit: Held(me, 5.0) for unit in [*wish.keep, *wish.take]}
    assert set(held) == set(UNITS)
    counts = [sum(lease.holder == name for lease in held.values()) for name in names]
    assert max(counts) <= -(-len(UNITS) // workers)


def test_each_stage_is_shared_for_itself() -> None:
    known = {f"stats/{part}": Held("a", 5.0) for part in range(8)} | {"security/0": Held("a", 5.0)}
    wish = plans({"stats": 8, "security": 1}, known, "a", 2)
    assert (len(wish.keep), wish.drop) == (5, ["stats/4", "stats/5", "stats/6", "stats/7"])
