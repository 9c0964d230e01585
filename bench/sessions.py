"""The time of a page of the list of sessions among very many: `python bench/sessions.py --sessions 1000000`.

They are made once, in /tmp/sbdash-sessions."""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter, process_time, time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.inside import migrate, set_up

set_up("sessions")

from django.db import connection

from bench.figures import percentile
from monitoring.events.ids import short
from monitoring.people.pseudonym import pseudonym
from monitoring.people.viewer import Viewer
from monitoring.stats import models
from monitoring.stats.histogram import bucket_of
from monitoring.stats.repository import SESSIONS
from monitoring.stats.session import Detail, Session
from monitoring.stats.sessions.page import list_sessions
from monitoring.stats.sessions.query import SORTS
from monitoring.stats.sessions.rows import Sessions

SECOND, DAY = 10**6, 86_400
DAYS, PEOPLE, CHUNK = 90, 20_000, 5_000
MODELS = ("llama3.2", "qwen2.5", "gpt-4o", "mistral-small", "claude-sonnet")
RARE = "phi-rare"
"""The model of ten sessions in a million."""
BOB = Viewer("bob", frozenset({"ops"}))


def made(number: int, amount: int, now: int, chance: random.Random) -> Session:
    """One session of a chat application: half of them short, some long, one in thirty with a failure."""
    turns = 1 + int(chance.paretovariate(1.1)) % 60
    begin = now - DAYS * DAY * SECOND + number * DAYS * DAY * SECOND // amount - int(chance.random() * 3600) * SECOND
    waits = [int(chance.lognormvariate(15, 0.8)) for _ in range(turns)]
    gaps = [int(chance.expovariate(1 / 60)) * SECOND for _ in range(turns)]
    last = begin + sum(waits) + sum(gaps)
    end = chance.choices(["closed", "timeout", "error", None], [70, 26, 0.1, 4])[0]
    name = RARE if chance.random() < 1e-5 else chance.choice(MODELS)
    tokens, cost = turns * chance.randrange(200, 900), turns * chance.randrange(10**4, 10**7)
    id = f"session-{number:07x}-{chance.getrandbits(48):012x}"
    sums = {name: [turns, tokens, cost, tokens // 2, tokens // 2]}
    return Session(
        number,
        short(id),
        id,
        min(PEOPLE, int(chance.paretovariate(0.4))),
        position=number,
        declared_at=begin,
        ended_at=last if end else None,
        end_reason=end,
        message_count=2 * turns,
        user_messages=turns,
        assistant_messages=turns,
        failed_messages=int(chance.random() < 0.03),
        total_tokens=tokens,
        cost=cost,
        first_at=begin,
        last_at=last,
        last_id=f"message-{number}",
        last_role="assistant",
        responses=turns,
        wait_sum=sum(waits),
        detail=Detail(Counter(map(bucket_of, waits)), sums, {begin % 168: 2 * turns}, {60: sum(gaps)}),
    )


def build(amount: int) -> None:
    """Fill the table, its indexes made afterwards; nothing when it is full."""
    migrate()
    if models.Session.objects.count() == amount:
        return
    models.Session.objects.all().delete()
    chance, now, indexes = random.Random(1), int(time()) * SECOND, models.Session._meta.indexes
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.remove_index(models.Session, index)
    for start in range(1, amount + 1, CHUNK):
        some = [made(n, amount, now, chance) for n in range(start, min(start + CHUNK, amount + 1))]
        SESSIONS.save(SESSIONS.encode(some))
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.add_index(models.Session, index)


def questions(amount: int) -> Iterator[tuple[str, dict[str, str]]]:
    """The requests, by name."""
    orders = [{"sort": sort, "order": order} for sort in SORTS for order in ("desc", "asc")]
    yield from ((f"{one['sort']} {one['order']}", one) for one in orders)
    few = models.Session.objects.filter(person__gt=3_000, person__lt=PEOPLE)[0]
    some = models.Session.objects.get(key=amount // 2)
    filters: dict[str, dict[str, str]] = {
        "outcome closed": {"outcome": "closed"},
        "outcome error (rare)": {"outcome": "error"},
        "failing": {"outcome": "failing"},
        "model": {"model": MODELS[0]},
        "model, rare": {"model": RARE},
        "model, unknown": {"model": "no-such-model"},
        "owner with most": {"owner": pseudonym(PEOPLE)},
        "owner with few": {"owner": pseudonym(few.person)},
        "cost from": {"min_cost": "0.3"},
        "duration from": {"min_duration": "2 h"},
        "within 24 h": {"within": "24h"},
        "part of an id": {"q": "abc"},
        "part of no id": {"q": "zzz"},
        "id": {"q": some.session_id},
        "failing, a model, last week": {"outcome": "failing", "model": MODELS[1], "within": "7d"},
    }
    for name, chosen in filters.items():
        yield name, chosen
        yield f"{name}, by cost", chosen | {"sort": "cost"}


def asked(parameters: Mapping[str, str]) -> tuple[float, Sessions]:
    """ms, and the answer."""
    began = perf_counter()
    answer = list_sessions(BOB, parameters)
    return (perf_counter() - began) * 1e3, answer


def pages(parameters: Mapping[str, str], amount: int) -> tuple[list[float], list[float], Sessions, int]:
    """ms of the first page (asked five times), of every page, the first answer, and how many pages there were."""
    first = [asked(parameters) for _ in range(5)]
    times, answer = [took for took, _ in first[1:]], first[0][1]
    every, following, number = list(times), answer.next, 1
    while following and number < amount:
        took, further = asked({**parameters, "before": following})
        every.append(took)
        following, number = further.next, number + 1
    return times, every, answer, number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=100)
    chosen = parser.parse_args()
    began = perf_counter()
    build(chosen.sessions)
    print(f"{chosen.sessions:,} sessions, made in {perf_counter() - began:.0f} s")
    heads = ("p50 ms", "p95 ms", "max ms", "cpu ms")
    print(f"{'':38}{'first ms':>10}{''.join(f'{head:>8}' for head in heads)}{'pages':>7}{'rows':>6}{'examined':>10}")
    for name, parameters in questions(chosen.sessions):
        before = process_time()
        first, every, answer, number = pages(parameters, chosen.pages)
        spent = (process_time() - before) * 1e3 / (len(every) + 1)
        figures = [percentile(first, 0.5), percentile(every, 0.5), percentile(every, 0.95), max(every)]
        words = "".join(f"{figure:>{10 if place == 0 else 8}.1f}" for place, figure in enumerate(figures))
        print(f"{name:38}{words}{spent:>8.1f}{number:>7}{len(answer.sessions):>6}{answer.examined:>10,}", flush=True)


if __name__ == "__main__":
    main()
