"""The test for a change: exact small cases, its false alarms and delays on real traces, and what docs/figures.md says.

`measured()` recomputes the page's table: `python tests/stats/test_change.py` prints it.
"""

import csv
import random
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest
from msgspec import to_builtins
from raw_traces import messages, waits
from traces import AGENTS, TRACES, lines

from monitoring.stats.definitions import DEFINITIONS
from monitoring.stats.histogram import bucket_of, quantile
from monitoring.stats.reports.change import (
    ALLOWANCE,
    BASELINE_HOURS,
    LIMIT,
    MAX_SCORE,
    MIN_BASELINE_ANSWERS,
    Minute,
    Ranks,
    change,
    cusum,
)

FIGURES = Path(__file__).resolve().parents[2] / "docs" / "figures.md"
FACTORS = (1.3, 1.5, 2.0)
TOKEN = 20_000
"""µs for which a generated token of the Azure trace stands."""


@cache
def trace(name: str) -> list[int]:
    """Response times in µs, in the order in which the answers were whole."""
    if name in AGENTS:
        return [one.wait for one in sorted(waits(messages(name)), key=lambda one: (one.answer.done, one.answer.id))]
    return [TOKEN * int(row["GeneratedTokens"]) for row in csv.DictReader(lines(name))]


def histogram(micros: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for value in micros:
        bucket = bucket_of(value)
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts


def alarms(baseline: Sequence[int], watched: Sequence[int]) -> list[int]:
    """The numbers of the answers (from 1) at which S went over the limit, one by one; it begins at zero after each."""
    ranks, scores, total, found = Ranks(histogram(baseline)), {}, 0.0, []
    for number, value in enumerate(watched, 1):
        bucket = bucket_of(value)
        if bucket not in scores:
            scores[bucket] = ranks.score({bucket: 1})
        total = max(0.0, total + scores[bucket])
        if total > LIMIT:
            found.append(number)
            total = 0.0
    return found


class Rate(NamedTuple):
    """False alarms among so many answers."""

    alarms: int
    answers: int


def permuted(name: str, baseline: int, rounds: int, seed: int = 1) -> Iterator[tuple[list[int], list[int]]]:
    """(baseline, the rest) of a trace in random order."""
    chance = random.Random(seed)
    for _ in range(rounds):
        drawn = trace(name)[:]
        chance.shuffle(drawn)
        yield drawn[:baseline], drawn[baseline:]


def false_alarms(name: str, baseline: int, rounds: int) -> Rate:
    found = [(len(alarms(before, after)), len(after)) for before, after in permuted(name, baseline, rounds)]
    return Rate(sum(one[0] for one in found), sum(one[1] for one in found))


def in_real_order(name: str, baseline: int, watched: int, step: int) -> Rate:
    """How many of the pieces of a trace hold an alarm: `baseline` answers, and the `watched` that followed."""
    times = trace(name)
    begins = range(0, len(times) - baseline - watched + 1, step)
    hit = sum(bool(alarms(times[at : at + baseline], times[at + baseline :][:watched])) for at in begins)
    return Rate(hit, len(begins))


def hours_in_real_order(name: str) -> Rate:
    """A trace as the report would have seen it, each hour with enough answers; how many say "slower"."""
    said = sorted((one.answer.done // 60_000_000 * 60, one.wait) for one in waits(messages(name)))
    states = []
    for now in range(said[0][0] + 24 * 3600, said[-1][0] + 3600, 3600):
        since = now - now % 3600 - 6 * 3600
        before = histogram(wait for at, wait in said if since - 24 * 3600 <= at < since)
        starts = sorted({at for at, _ in said if since <= at < now})
        minutes = [Minute(start, histogram(wait for at, wait in said if at == start)) for start in starts]
        states.append(to_builtins(change(before, minutes))["state"])
    return Rate(states.count("slower"), len(states) - states.count("unknown"))


def delays(name: str, factor: float, baseline: int = 1_000, rounds: int = 100) -> list[int | None]:
    """Answers, each slower by a factor, until it is found; None where it is not within 1,000."""
    made = permuted(name, baseline, rounds, seed=2)
    return [
        next(iter(alarms(before, [int(value * factor) for value in after[:1_000]])), None) for before, after in made
    ]


def run_length(allowance: float, limit: float, states: int = 150) -> float:
    """Mean number of answers to an alarm where ranks are uniform, by D. Brook and D. A. Evans's Markov chain
    (Biometrika 59, 1972): S in steps of `wide`, the first of half the width; (I - Q) x = 1 by elimination."""
    wide = limit / (states - 0.5)
    low, high = -0.5 - allowance, 0.5 - allowance

    def below(value: float) -> float:
        return min(1.0, max(0.0, (value - low) / (high - low)))

    rows = []
    for place in range(states):
        at = place * wide
        moves = [below(0.5 * wide - at)]
        moves += [below((to + 0.5) * wide - at) - below((to - 0.5) * wide - at) for to in range(1, states)]
        rows.append([float(place == to) - chance for to, chance in enumerate(moves)] + [1.0])
    for column in range(states):
        pivot = rows[column]
        for row in rows[column + 1 :]:
            share = row[column] / pivot[column]
            if share:
                for to in range(column, states + 1):
                    row[to] -= share * pivot[to]
    found = [0.0] * states
    for place in reversed(range(states)):
        rest = sum(rows[place][to] * found[to] for to in range(place + 1, states))
        found[place] = (rows[place][states] - rest) / rows[place][place]
    return found[0]


def simulated(allowance: float, limit: float, answers: int, seed: int) -> float:
    """The same by drawing ranks."""
    draw, total, found, loss = random.Random(seed).random, 0.0, 0, 0.5 + allowance
    for _ in range(answers):
        total += draw() - loss
        if total < 0:
            total = 0.0
        elif total > limit:
            found += 1
            total = 0.0
    return answers / found


WRITTEN = {
    "written agents, permuted, baseline 200": [8, 2_214_000],
    "written agents, × 1.5": [78, 0, 100],
    "written agents, real order, by hours": [17, 99],
    "written azure, permuted, baseline 200": [6, 516_000],
    "written azure, × 1.5": [135.5, 0, 100],
    "written azure, real order": [0, 3],
}
"""What was measured on the traces that are written here; what was on the real ones stands on the page."""


def told(row: str) -> list[float]:
    """The numbers in a row of the page's tables, or what is known of a trace that is written here."""
    if row in WRITTEN:
        return WRITTEN[row]
    line = next(line for line in FIGURES.read_text().splitlines() if line.startswith(f"| {row} |"))
    return [float(word.replace(",", "")) for word in re.findall(r"[\d,]*\.?\d+", line.removeprefix(f"| {row} |"))]


def test_a_rank_is_the_share_below_and_half_of_its_own() -> None:
    ranks = Ranks({10: 2, 20: 1, 30: 1})
    assert [ranks.rank(bucket) for bucket in (5, 10, 15, 20, 25, 30, 35)] == [0, 0.25, 0.5, 0.625, 0.75, 0.875, 1]
    assert ranks.score({10: 4, 35: 2}) == pytest.approx(4 * (0.25 - 0.5 - ALLOWANCE) + 2 * (0.5 - ALLOWANCE))


def test_the_baseline_s_own_mean_rank_is_one_half() -> None:
    for name in TRACES:
        baseline = histogram(trace(name))
        ranks = Ranks(baseline)
        mean = sum(amount * ranks.rank(bucket) for bucket, amount in baseline.items()) / len(trace(name))
        assert mean == pytest.approx(0.5, abs=1e-12), "so that only the allowance pulls S down"


def test_s_gathers_slowness_and_says_since_when() -> None:
    ranks = Ranks({10: 100})
    slow, fast, same = ({bucket: 2} for bucket in (11, 9, 10))
    found = cusum(ranks, [Minute(0, slow), Minute(60, fast), Minute(120, same), Minute(180, slow), Minute(240, slow)])
    assert found.score == pytest.approx(4 * (0.5 - ALLOWANCE))
    assert found.since == 180
    assert cusum(ranks, []).since is None


def test_s_grows_no_further_than_twice_the_limit_so_that_a_recovery_is_seen() -> None:
    baseline = histogram(trace("written azure")[:2_000])
    slow = [Minute(60 * number, {700: 10}) for number in range(200)]
    told = to_builtins(change(baseline, slow))
    assert (told["state"], told["score"], told["since"]) == ("slower", MAX_SCORE, "1970-01-01T00:00:00.000Z")
    assert told["now_p50"] > told["baseline_p50"] == quantile(baseline, 0.5)
    fast = [Minute(60 * number, {0: 10}) for number in range(200, 203)]
    assert to_builtins(change(baseline, slow + fast)) | {"words": ""} == {
        "state": "steady",
        "since": None,
        "score": 0.0,
        "limit": LIMIT,
        "baseline_p50": quantile(baseline, 0.5),
        "now_p50": quantile({700: 2_000, 0: 30}, 0.5),
        "answers": 2_030,
        "words": "",
    }


def test_answers_are_slower_above_the_limit_and_their_median_is_that_since_the_change() -> None:
    """Each slow answer adds 0.5 - ALLOWANCE to S."""
    baseline, most = {300: MIN_BASELINE_ANSWERS}, int(LIMIT / (0.5 - ALLOWANCE))
    usual = [Minute(60 * number, {290: 5}) for number in range(10)]
    slow = [Minute(600 + number, {400: 1}) for number in range(most + 1)]
    below = change(baseline, [*usual, *slow[:most]])
    assert (below.state, below.since) == ("steady", None)
    over = change(baseline, [*usual, *slow])
    assert (over.state, over.since) == ("slower", "1970-01-01T00:10:00.000Z")
    assert over.now_p50 == quantile({400: 1}, 0.5)


def test_with_too_small_a_baseline_or_no_answer_nothing_is_known() -> None:
    few = to_builtins(change({300: MIN_BASELINE_ANSWERS - 1}, [Minute(0, {400: 1_000})]))
    assert (few["state"], few["score"], few["since"], few["answers"]) == ("unknown", None, None, 1_000)
    assert "199 answers" in few["words"]
    silent = to_builtins(change({300: MIN_BASELINE_ANSWERS}, []))
    assert (silent["state"], silent["now_p50"], silent["words"]) == ("unknown", None, "No answer in the last 6 hours.")
    assert to_builtins(change({300: MIN_BASELINE_ANSWERS}, [Minute(0, {300: 1})]))["state"] == "steady"


def test_minutes_are_never_ahead_of_single_answers() -> None:
    chance = random.Random(4)
    baseline = histogram(trace("written agents")[:400])
    ranks = Ranks(baseline)
    for _ in range(50):
        minutes = [histogram(chance.choices(trace("written agents"), k=chance.randrange(1, 9))) for _ in range(40)]
        singles = [{bucket: 1} for minute in minutes for bucket, amount in minute.items() for _ in range(amount)]
        whole = cusum(ranks, [Minute(60 * at, waits) for at, waits in enumerate(minutes)])
        single = cusum(ranks, [Minute(at, waits) for at, waits in enumerate(singles)])
        assert whole.score <= single.score + 1e-9


def test_the_page_and_the_definitions_say_the_same_numbers() -> None:
    text = " ".join(FIGURES.read_text().split())
    assert f"less 0.5, less {ALLOWANCE:g}." in text
    assert f"nor over {MAX_SCORE:g}; over {LIMIT:g} answers are *slower*" in text
    assert f"fewer than {MIN_BASELINE_ANSWERS} answers in the {BASELINE_HOURS} hours" in text
    score = DEFINITIONS["responses.degradation.score"].words
    assert f"0 to {MAX_SCORE:g}; the verdict is slower above {LIMIT:g}." in score
    assert f"fewer than {MIN_BASELINE_ANSWERS} answers" in DEFINITIONS["responses.degradation"].words


def test_the_chain_and_drawn_ranks_agree_where_alarms_are_frequent() -> None:
    assert simulated(ALLOWANCE, 2.0, 1_500_000, 3) == pytest.approx(run_length(ALLOWANCE, 2.0), rel=0.05)


def test_the_false_alarm_rate_of_uniform_ranks_is_what_the_page_says() -> None:
    """Within 5 % of the chain."""
    _, page = told("uniform ranks")
    assert run_length(ALLOWANCE, LIMIT) == pytest.approx(page, rel=0.05)
    assert page > 100_000


@pytest.mark.parametrize("name", TRACES)
def test_the_false_alarm_rate_of_permuted_traces_is_in_the_band_that_the_page_says(name: str) -> None:
    """The page: alarms among so many answers, with the smallest baseline. Here fewer answers are drawn: no more alarms
    than a rate three times as high makes (Poisson, 3 standard deviations), and never over 1 in 10,000."""
    found_there, answers_there = told(f"{name}, permuted, baseline {MIN_BASELINE_ANSWERS}")[:2]
    found = false_alarms(name, MIN_BASELINE_ANSWERS, 150 if name in AGENTS else 20)
    expected = 3 * max(1.0, found_there) / answers_there * found.answers
    assert found.alarms <= expected + 3 * expected**0.5
    assert found.alarms <= found.answers / 10_000


@pytest.mark.parametrize("name", TRACES)
def test_a_slow_down_is_found_after_as_many_answers_as_the_page_says(name: str) -> None:
    """The median within 15 %, of the same draws."""
    page = told(f"{name}, × 1.5")
    found = [delay for delay in delays(name, 1.5) if delay is not None]
    assert median(found) == pytest.approx(page[0], rel=0.15)
    assert len(found) == page[2]


@pytest.mark.parametrize("name", TRACES)
def test_real_order_alarms_as_often_as_the_page_says(name: str) -> None:
    if name in AGENTS:
        assert hours_in_real_order(name) == tuple(told(f"{name}, real order, by hours")[:2])
    else:
        assert in_real_order(name, 2_000, 2_000, 250) == tuple(told(f"{name}, real order")[:2])


def measured() -> Iterator[str]:
    """The rows of the page's tables, and those of the written traces."""
    yield f"| uniform ranks | 1 in {run_length(ALLOWANCE, LIMIT):,.0f} |"
    for name in TRACES:
        for baseline in (MIN_BASELINE_ANSWERS, 1_000):
            found = false_alarms(name, baseline, 1_000 if name in AGENTS else 120)
            yield f"| {name}, permuted, baseline {baseline} | {found.alarms} in {found.answers:,} |"
        if name in AGENTS:
            yield f"| {name}, real order | {{}} of {{}} |".format(*in_real_order(name, 500, 500, 50))
            yield f"| {name}, real order, by hours | {{}} of {{}} |".format(*hours_in_real_order(name))
        else:
            yield f"| {name}, real order | {{}} of {{}} |".format(*in_real_order(name, 2_000, 2_000, 250))
        for factor in FACTORS:
            late = sorted(delay or 1_001 for delay in delays(name, factor))
            seen = sum(delay <= 1_000 for delay in late)
            yield f"| {name}, × {factor:g} | {median(late):,.0f} | {late[89]:,} | {seen} |"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in measured())
