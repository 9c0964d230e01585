"""The usage report against a recalculation from the lines of real traces."""

import random
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import override_settings
from msgspec import to_builtins
from raw_traces import Said, added, count_trace, gaps, kept, messages, percentile, rows, talks, waits
from traces import AGENTS, DEEPSEEK, KIMI, TRACES

from monitoring.stats import metrics, models
from monitoring.stats.bucket import DAY, HOUR, BucketRow, grouped
from monitoring.stats.price_list import Price, PriceList
from monitoring.stats.reports import usage_report
from monitoring.stats.reports.sums import Sums
from monitoring.stats.reports.usage import by_day, efficiency, hours, price_note, totals, used
from monitoring.stats.reports.usage import models as model_rows
from monitoring.stats.window import Period, days_up_to, fixed

PRICES = PriceList(
    [
        Price(KIMI, date(2026, 4, 1), 600_000_000, 3_000_000_000, 1),
        Price(KIMI, date(2026, 4, 23), 500_000_000, 2_500_000_000, 2),
    ]
)
IDLE = 300


def window(said: list[Said], days: int = 40) -> Period:
    """Up to the end of a trace."""
    return days_up_to(days, max(one.done for one in said) / 1e6 + 1)


def near(value: float | None, exact: float) -> bool:
    """Within the 1 % of the histogram."""
    return value is not None and abs(value - exact) <= 0.011 * exact + 0.001


@pytest.mark.parametrize("name", TRACES)
def test_totals_are_the_sums_of_the_lines(name: str) -> None:
    said = messages(name)
    use = used(added(rows(kept(name), DAY)), PRICES)
    prompt, completion = sum(one.prompt for one in said), sum(one.completion for one in said)
    sessions = len({one.session for one in said})
    whole = totals(use)
    assert to_builtins(whole) | {"shadow_cost": 0} == {
        "messages": len(said),
        "sessions": sessions,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "tokens": prompt + completion,
        "cost": 0.0,
        "shadow_cost": 0,
    }
    assert to_builtins(efficiency(whole)) == {
        "tokens_per_message": (prompt + completion) / len(said),
        "tokens_per_session": (prompt + completion) / sessions,
        "messages_per_session": len(said) / sessions,
        "cost_per_session": 0.0,
        "cost_per_1000_tokens": 0.0,
        "completion_share": completion / (prompt + completion),
    }


@pytest.mark.parametrize("name", TRACES)
def test_models_have_their_tokens_response_times_and_share(name: str) -> None:
    said = messages(name)
    found = to_builtins(model_rows(used(added(rows(kept(name), DAY)), PRICES)))
    answers = [one for one in said if one.role == "assistant"]
    everything = sum(one.prompt + one.completion for one in said)
    assert {row["model"] for row in found} == {one.model for one in answers}
    assert found == sorted(found, key=lambda row: -row["tokens"])
    for row in found:
        own = [one for one in answers if one.model == row["model"]]
        tokens = sum(one.prompt + one.completion for one in own)
        assert (row["messages"], row["tokens"]) == (len(own), tokens)
        assert (row["prompt_tokens"], row["completion_tokens"]) == (
            sum(one.prompt for one in own),
            sum(one.completion for one in own),
        )
        assert (row["tokens_per_message"], row["share"]) == (tokens / len(own), tokens / everything)
        times = [found.wait / 1e6 for found in waits(said) if found.answer.model == row["model"]]
        assert near(row["response_p50"], percentile(times, 0.5))
        assert near(row["response_p95"], percentile(times, 0.95))


@pytest.mark.parametrize("name", AGENTS)
def test_a_shadow_cost_is_made_of_each_day_s_price_and_stays_apart_from_the_reported(name: str) -> None:
    said = messages(name)
    use = used(added(rows(kept(name), DAY)), PRICES)
    exact = Decimal(0)
    for one in said:
        if one.model == KIMI and one.done >= datetime(2026, 4, 1, tzinfo=UTC).timestamp() * 1e6:
            later = one.done >= datetime(2026, 4, 23, tzinfo=UTC).timestamp() * 1e6
            prompt, completion = (Decimal("0.5"), Decimal("2.5")) if later else (Decimal("0.6"), Decimal(3))
            exact += (one.prompt * prompt + one.completion * completion) / 1_000_000
    assert exact > 0
    found = {row["model"]: row for row in to_builtins(model_rows(use))}
    assert found[KIMI]["shadow_cost"] == pytest.approx(float(exact), rel=1e-12)
    assert found[KIMI]["cost"] == 0.0
    assert found[DEEPSEEK]["shadow_cost"] is None, "without a price it is not known"
    assert to_builtins(totals(use))["shadow_cost"] == pytest.approx(float(exact), rel=1e-12)
    days = to_builtins(by_day(window(said), use, IDLE))
    assert sum(row["shadow_cost"].get(KIMI, 0) for row in days) == pytest.approx(float(exact), rel=1e-12)
    assert all(DEEPSEEK not in row["shadow_cost"] for row in days)
    assert to_builtins(price_note(PRICES, use)) == {"version": 2, "models": 1, "note": f"No price for {DEEPSEEK}."}


def test_a_message_with_a_cost_of_its_own_has_no_shadow_cost() -> None:
    said = (metrics.TOKENS, 30), (metrics.MODEL_MESSAGES, 2), (metrics.PROMPT_TOKENS, 20), (metrics.COST, 5_000)
    counts = {metric.of("x"): amount for metric, amount in (*said, (metrics.COMPLETION_TOKENS, 10))}
    price = PriceList([Price("x", date(2020, 1, 1), 10**9, 10**9)])
    row = to_builtins(model_rows(used(added([BucketRow(1_700_006_400, 1, grouped(counts))]), price)))[0]
    assert (row["cost"], row["shadow_cost"], row["cost_per_message"]) == (5e-6, None, 2.5e-6)
    counts |= {metrics.UNPRICED_PROMPT.of("x"): 4, metrics.UNPRICED_COMPLETION.of("x"): 6}
    half = to_builtins(model_rows(used(added([BucketRow(1_700_006_400, 1, grouped(counts))]), price)))[0]
    assert (half["cost"], half["shadow_cost"]) == (5e-6, 10 / 1_000_000)


@pytest.mark.parametrize("name", TRACES)
def test_every_day_of_the_window_has_its_row(name: str) -> None:
    said = messages(name)
    seen = window(said)
    found = to_builtins(by_day(seen, used(added(rows(kept(name), DAY)), PRICES), IDLE))
    assert [row["t"] for row in found] == [seen.start + number * DAY for number in range(40)]
    started = Counter(talk[0].at // 86_400_000_000 * DAY for talk in talks(said).values())
    roles = Counter((one.at // 86_400_000_000 * DAY, one.role) for one in said)
    cycles = Counter(found.answer.done // 86_400_000_000 * DAY for found in waits(said))
    for row in found:
        assert (row["user"], row["assistant"]) == (roles[row["t"], "user"], roles[row["t"], "assistant"])
        assert row["messages"] == row["user"] + row["assistant"]
        assert (row["sessions"], row["cycles"]) == (started[row["t"]], cycles[row["t"]])
        tokens: Counter[str] = Counter()
        for one in said:
            if one.done // 86_400_000_000 * DAY == row["t"] and one.prompt + one.completion:
                tokens[one.model] += one.prompt + one.completion
        assert row["tokens"] == tokens
        times = [gap for gap, later in gaps(said) if later.at // 86_400_000_000 * DAY == row["t"]]
        active = sum(gap for gap in times if gap <= IDLE * 1_000_000)
        assert row["engagement"] == (active / sum(times) if sum(times) else None)


@pytest.mark.parametrize("name", TRACES)
def test_hours_hold_everything_up_to_the_present_one(name: str) -> None:
    said = messages(name)
    seen = window(said)
    found = to_builtins(hours(seen, used(added(rows(kept(name), DAY)), PRICES).days))
    assert found["from"] == seen.start
    assert len(found["messages"]) == len(found["tokens"]) == len(found["cost"]) == (seen.to - seen.start) // HOUR + 1
    for place, amount in enumerate(found["messages"]):
        begin = (seen.start + place * HOUR) * 1_000_000
        assert amount == sum(begin <= one.at < begin + HOUR * 1_000_000 for one in said)
    assert sum(found["messages"]) == len(said)
    tokens: Counter[int] = Counter()
    for one in said:
        tokens[(one.done // 1_000_000 - seen.start) // HOUR] += one.prompt + one.completion
    assert found["tokens"] == [tokens[place] for place in range(len(found["tokens"]))]


@pytest.mark.django_db
@pytest.mark.parametrize("name", AGENTS)
@override_settings(SESSION_IDLE_GAP=IDLE, SESSION_TIMEOUT=1_800, STATISTICS_RETENTION_DAYS=2_000)
def test_the_report_from_the_database_is_that_of_the_rows(name: str) -> None:
    said = messages(name)
    count_trace(name)
    seen = window(said)
    models.Price.objects.create(model=KIMI, valid_from=date(2026, 4, 1), prompt=10**9, completion=10**9, version=7)
    found = to_builtins(usage_report.usage(seen, seen.to))
    kimi = sum(one.prompt + one.completion for one in said if one.model == KIMI)
    assert found["days"] == 40
    assert found["from"] < found["to"]
    assert found["totals"]["messages"] == len(said)
    assert found["totals"]["shadow_cost"] == pytest.approx(kimi / 1e6)
    assert found["prices"]["version"] == 7
    assert set(found) == {
        "days", "from", "to", "step", "hours", "by_day", "models", "totals", "efficiency", "dynamics", "leaving",
        "prices",
    }  # fmt: skip
    until = (int(seen.to) - 1_800) // HOUR * HOUR * 1_000_000
    settled = [one for one in waits(said) if one.answer.done < until]
    assert sum(band["answers"] for band in found["leaving"]["bands"]) == len(settled)
    assert sum(band["left"] for band in found["leaving"]["bands"]) == sum(one.last for one in settled)
    nothing = to_builtins(usage_report.usage(days_up_to(7, seen.to + 400 * DAY), seen.to + 400 * DAY))
    assert nothing["totals"]["messages"] == 0
    assert nothing["totals"]["shadow_cost"] is None
    assert nothing["dynamics"]["engagement"] is None
    assert [band["chance"] for band in nothing["leaving"]["bands"]] == [None] * 8


def test_what_changed_is_taken_out_and_put_in_and_the_sum_stays_that_of_the_rows() -> None:
    chance, sums = random.Random(5), Sums(lambda counts: counts)
    found = rows(kept("written agents"), DAY)
    held = {row.start: row.counts for row in found}
    for _ in range(200):
        start = chance.choice(found).start
        match chance.randrange(3):
            case 0:
                held.pop(start, None)
            case 1:
                held[start] = chance.choice(found).counts
            case _:
                names = metrics.RESPONSE_TIME.of(7), metrics.UNANSWERED.of(), metrics.NAMED_OPERATIONS.of("ok", "x")
                held[start] = grouped(dict.fromkeys(names, 1 + chance.randrange(5)))
        left = [BucketRow(start, 0, counts) for start, counts in held.items()]
        assert sums.of(held.items()) == added(left)
    for metric in metrics.METRICS:
        assert metric.read(added(found).groups) == sum((Counter(metric.read(row.counts)) for row in found), Counter())


@pytest.mark.django_db
@override_settings(SESSION_IDLE_GAP=IDLE, SESSION_TIMEOUT=1_800, STATISTICS_RETENTION_DAYS=2_000)
def test_the_counts_of_two_times_are_those_of_both_together() -> None:
    """By hours and by days, wherever the border lies."""
    name = AGENTS[0]
    said = messages(name)
    count_trace(name)
    chance, now = random.Random(3), max(one.done for one in said) / 1e6 + 400 * DAY
    first = min(one.at for one in said) // 10**6 // DAY * DAY
    last = max(one.done for one in said) // 10**6 // DAY * DAY + DAY
    for number in range(30):
        busy = chance.choice(said).done // 10**6
        unit, reach = (HOUR, 36) if number % 2 else (DAY, 30)
        start, end = busy - busy % unit - chance.randrange(1, reach) * unit, busy - busy % unit + reach * unit
        border = chance.randrange(start + unit, end, unit)
        parts = [usage_report.usage(fixed(*one).period(now), now) for one in ((start, border), (border, end))]
        whole = usage_report.usage(fixed(start, end).period(now), now)
        for field in ("messages", "sessions", "prompt_tokens", "completion_tokens", "tokens"):
            sums = [getattr(part.totals, field) for part in (*parts, whole)]
            assert sums[0] + sums[1] == sums[2], (field, start, border, end)
        spoken = [one for one in said if start <= one.at / 1e6 < end]
        assert (
            whole.totals.messages
            == len(spoken)
            == sum(whole.hours.messages)
            == sum(row.messages for row in whole.by_day)
        )
        assert whole.dynamics.cycles == sum(part.dynamics.cycles for part in parts)
    assert usage_report.usage(fixed(first, last).period(now), now).totals.messages == len(said)


@pytest.mark.django_db
@override_settings(SESSION_IDLE_GAP=IDLE, SESSION_TIMEOUT=1_800, STATISTICS_RETENTION_DAYS=2_000)
def test_the_time_before_ends_at_the_same_hour_of_its_last_day() -> None:
    """A week so far is not compared with a whole week."""
    name = AGENTS[0]
    said = messages(name)
    count_trace(name)
    for one in random.Random(4).sample(said, 10):
        now = one.done / 1e6 + 7 * DAY
        earlier = days_up_to(7, now).earlier(7 * DAY)
        found = usage_report.usage(earlier, now)
        inside = [each for each in said if earlier.start <= each.at / 1e6 < earlier.until]
        assert earlier.until == -(-int(now + 1) // HOUR) * HOUR - 7 * DAY
        assert found.totals.messages == len(inside) == sum(found.hours.messages)
        assert sum(row.messages for row in found.by_day) == len(inside)
