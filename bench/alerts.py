"""Rules on the past and live, in an empty database of its own: `python bench/alerts.py [--days 90] [--rules 1000]
[--sessions 1000] [--answers 100000]`.

Fills minutes and hours as a busy day has them, sessions and answers; prints how long a backtest takes the first time
and again, how long one of sessions takes, how long one of answers takes while its threshold is dragged, and the share
of a core that rules cost when they are evaluated twice a second.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time, time

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
HOME = tempfile.TemporaryDirectory()
os.environ |= {"DATA_DIR": HOME.name, "DJANGO_SETTINGS_MODULE": "sbdash.settings"}
os.environ.pop("DATABASE_URL", None)

import django

django.setup()
from django.core.management import call_command

from monitoring.alerts import rules, store
from monitoring.alerts.answers import forget_answers
from monitoring.alerts.backtest import backtest
from monitoring.alerts.evaluator import Evaluator
from monitoring.alerts.history import RANKS, forget_hours
from monitoring.alerts.proposal import moved, propose
from monitoring.alerts.rule import Rule
from monitoring.alerts.rules import KnownRule
from monitoring.events.ids import short
from monitoring.journal.checkpoints import partitions
from monitoring.journal.models import StageCheckpoint
from monitoring.stats import models
from monitoring.stats.bucket import DAY, HOUR, bucket_key, grouped
from monitoring.stats.histogram import bucket_of
from monitoring.stats.metrics import ANSWERS, ANSWERS_FAILED, COST, MESSAGES, RESPONSE_TIME, SESSIONS_ACTIVE, TOKENS
from monitoring.stats.session import PARTS

ANSWERS_A_MINUTE = 20
EVALUATIONS = 10
MINUTE = 60


def bucket(width: int, start: int, position: int, chance: random.Random) -> models.Bucket:
    answers = ANSWERS_A_MINUTE * width // MINUTE
    counts = {
        MESSAGES.of("user"): answers, MESSAGES.of("assistant"): answers, ANSWERS.of(): answers,
        ANSWERS_FAILED.of(): chance.randrange(3), SESSIONS_ACTIVE.of(): 15,
    }  # fmt: skip
    for model in ("gpt-4o", "llama3.2", "mistral"):
        counts |= {TOKENS.of(model): 1_000, COST.of(model): 10**7}
    waits: dict[str, int] = {}
    for _ in range(ANSWERS_A_MINUTE):
        name = RESPONSE_TIME.of(bucket_of(int(chance.lognormvariate(1, 0.6) * 1e6)))
        waits[name] = waits.get(name, 0) + 1
    columns = {"counts": json.dumps(grouped(counts)).encode(), "durations": json.dumps(grouped(waits)).encode()}
    return models.Bucket(key=bucket_key(width, start), width=width, start=start, position=position, **columns)


def fill(days: int, sessions: int) -> int:
    """Returns the end of the filled time, s."""
    chance, end = random.Random(7), int(time()) // HOUR * HOUR
    starts = range(end - days * DAY, end, MINUTE)
    rows = [bucket(MINUTE, start, number + 1, chance) for number, start in enumerate(starts)]
    rows += [bucket(HOUR, start, start, chance) for start in starts[::60]]
    models.Bucket.objects.bulk_create(rows, batch_size=2_000)
    detail = json.dumps({"waits": {"300": 5}, "models": {}, "gaps": {"60": 10**7}, "hours": {}}).encode()
    models.Session.objects.bulk_create(
        models.Session(
            key=n + 1, digest=short(f"s{n}"), session_id=f"s{n}", position=n + 1, detail=detail, message_count=n % 40,
            first_at=(end - n) * 10**6, last_at=end * 10**6 - 1, duration=n * 10**6,
        )
        for n in range(sessions)
    )  # fmt: skip
    return end


def fill_answers(number: int, days: int, end: int) -> None:
    """Answers of the last days, each with the response time that its rank says."""
    chance = random.Random(9)
    rows = []
    for n in range(number):
        done, wait = (end - chance.randrange(1, days * DAY)) * 10**6 + n, int(chance.lognormvariate(1, 0.6) * 1e6)
        rank = done // (DAY * 10**6) * RANKS + bucket_of(wait)
        row = models.Message(
            key=n + 1, digest=short(f"m{n}"), message_id=f"m{n}", session=n % 1_000 + 1, position=n + 1, at=done,
            role="assistant", status="completed", model="gpt-4o", asked_at=done - wait, slow_rank=rank,
        )  # fmt: skip
        rows.append(row)
    models.Message.objects.bulk_create(rows, batch_size=2_000)


def drag(days: int, end: int) -> None:
    """The line over single answers, from far above them down below most of them, and a proposal."""
    slow, start = Rule("slow", "response_time", ">", 60.0, window_seconds=0), end - days * DAY
    forget_answers()
    timed(f"{days} days of answers, first", backtest, slow, start, end)
    for threshold in (60.0, 20.0, 10.0, 5.0, 2.0, 0.5):
        words = f"{days} days of answers, dragged to {threshold:g} s"
        timed(words, backtest, moved(slow, threshold), start, end, moved(slow, 5.0))
    timed(f"{days} days of answers, proposal", propose, slow, 2.0, start, end)


def timed(words: str, work: object, *arguments: object) -> None:
    began, cpu = perf_counter(), process_time()
    assert callable(work)
    found = work(*arguments)
    what = f", {found.total} firings of {found.samples:,} samples" if hasattr(found, "total") else ""
    took = (perf_counter() - began) * 1e3
    print(f"{words}: {took:,.0f} ms, of which CPU {(process_time() - cpu) * 1e3:,.0f} ms{what}", flush=True)


def many(number: int) -> dict[int, KnownRule]:
    """Rules of different figures, windows and thresholds."""
    figures = ("error_rate", "messages", "tokens", "cost", "response_p95", "response_average", "sessions_active")
    made = {}
    for key in range(1, number + 1):
        rule = Rule(f"r{key}", figures[key % 7], ">", 10**6 + key, window_seconds=MINUTE * (1 + key % 15))
        made[key] = KnownRule(key, rule, 0, "shipped", "", 0, 0)
    return made


def live(number: int, end: int) -> None:
    """Evaluates rules twice for each second that passes, while the newest minute changes."""
    known = many(number)
    rules.first_rules = lambda: known
    evaluator = Evaluator(lambda *told: None)
    store.evaluation()
    store.remember(end - 600, 10**9)
    partitions("stats", PARTS)
    StageCheckpoint.objects.update(position=10**9)
    evaluator.evaluate(end)
    chance, began = random.Random(8), process_time()
    for step in range(EVALUATIONS):
        now = end + step / 2
        bucket(MINUTE, end, 10**9 + step + 1, chance).save()
        bucket(HOUR, end, 10**9 + step + 1, chance).save()
        StageCheckpoint.objects.update(position=10**9 + step + 1)
        evaluator.evaluate(now)
    cpu = process_time() - began
    share = cpu / (EVALUATIONS / 2) * 100
    print(f"{number:,} rules live: {share:.1f} % of a core, {cpu / EVALUATIONS * 1e3:.1f} ms an evaluation", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--sessions", type=int, default=1_000)
    parser.add_argument("--answers", type=int, default=100_000)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    end = fill(options.days, options.sessions)
    rate = Rule("errors", "error_rate", ">", 0.12, window_seconds=300, for_seconds=60)
    p95 = Rule("p95", "response_p95", ">", 9.0, window_seconds=300)
    for days in sorted({min(30, options.days), options.days}):
        for rule in (rate, p95):
            forget_hours()
            timed(f"{days} days of minutes, {rule.figure}, first", backtest, rule, end - days * DAY, end)
            timed(f"{days} days of minutes, {rule.figure}, again", backtest, rule, end - days * DAY, end)
    timed(f"{min(30, options.days)} days, proposal", propose, rate, 2.0, end - min(30, options.days) * DAY, end)
    long = Rule("long", "session_duration", ">", 100.0, scope="session", window_seconds=0)
    timed(f"{options.sessions:,} sessions", backtest, long, end - DAY, end)
    fill_answers(options.answers, min(30, options.days), end)
    drag(min(30, options.days), end)
    live(options.rules, end)
    size = sum(file.stat().st_size for file in Path(HOME.name).glob("sbdash.sqlite3*"))
    print(f"{options.days} days of minutes and hours: {size / 1e6:,.0f} MB", flush=True)


if __name__ == "__main__":
    main()
