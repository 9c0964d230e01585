"""One more message in a session of 10, 1,000 and 100,000, and its figures, beside a recalculation over its messages.

`measure` starts this module as a process of its own, for Django can be set up for one database only.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import Benchmark, Plan, Spec, Values, percentile
from bench.server import ROOT, environment

LENGTHS = (10, 1_000, 100_000)
FILL = 2_000
GAP = 2_000_000
"""µs between two messages: room for late ones."""
SESSION = "bench-{length}"
WARM_UP = 20
SOMEBODY = 1


def measure(plan: Plan) -> Values:
    """One run in a process and a database of its own."""
    with tempfile.TemporaryDirectory(prefix="sbdash-bench-") as directory:
        done = subprocess.run(
            [sys.executable, "-m", "bench.session", "100" if plan.short else "300"],
            cwd=ROOT,
            env=environment(Path(directory)),
            capture_output=True,
            text=True,
            timeout=200,
        )
    if done.returncode:
        raise RuntimeError(f"bench.session ended with {done.returncode}: {done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def micros(act: Callable[[], object], times: int) -> float:
    """The median of so many calls, µs."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return median(took) * 1e6


class Book:
    """Writes messages of one session through the real stage. Rooms of the application are handed in as `rooms`."""

    def __init__(self, rooms: Any, length: int, first: int) -> None:
        self.rooms, self.name, self.position = rooms, SESSION.format(length=length), first
        self.began = int((time.time() - 3 * 86_400) * 1e6)
        self.length = 0

    def record(self, at: int, role: str) -> Any:
        """One message as the stage reads it."""
        self.position += 1
        data = self.rooms.Message(
            message_id=f"m{self.position}",
            session_id=self.name,
            role=role,
            status="completed",
            model="m",
            prompt_tokens=10,
            completion_tokens=20,
            total_tokens=30,
            cost=0.0001,
        )
        return self.rooms.Record(self.position, int(time.time() * 1e6), at, "message", data, SOMEBODY)

    def next(self) -> Any:
        """The message after all others."""
        self.length += 1
        return self.record(self.began + self.length * GAP, "assistant" if self.length % 2 == 0 else "user")

    def late(self) -> Any:
        """One that falls between two others, anywhere."""
        place = random.randrange(1, max(2, self.length))
        return self.record(self.began + place * GAP + random.randrange(1, GAP), "user")

    def fill(self, length: int) -> None:
        while self.length < length:
            batch = [self.next() for _ in range(min(FILL, length - self.length))]
            with self.rooms.atomic():
                self.rooms.stage.apply(batch)()

    def trial(self, record: Any) -> float:
        """µs of one more message, which is taken back: the session keeps its length."""
        with self.rooms.atomic():
            started = time.perf_counter()
            self.rooms.stage.apply([record])()
            took = time.perf_counter() - started
            self.rooms.take_back(True)
        return took * 1e6

    def commit(self, record: Any) -> float:
        """µs of one more message that stays, with the transaction and its fsync."""
        started = time.perf_counter()
        write = self.rooms.stage.apply([record])
        with self.rooms.atomic():
            write()
        return (time.perf_counter() - started) * 1e6

    def after_all(self) -> Any:
        """The message that would be next."""
        return self.record(self.began + (self.length + 1) * GAP, "user" if self.length % 2 == 0 else "assistant")


def figures_of(rooms: Any, book: Book, times: int) -> Iterator[tuple[str, float]]:
    """The figures of a session that is filled."""
    for kind, made in (("in order", book.after_all), ("late", book.late)):
        yield kind, median([book.trial(made()) for _ in range(times + WARM_UP)][WARM_UP:])

    def query() -> Any:
        return rooms.session_figures(rooms.find_session(rooms.staff, book.name))

    def recalculation() -> Any:
        return recalculated(rooms, key)

    key = rooms.find_session(rooms.staff, book.name).key
    agree(query(), recalculation())
    yield "query", micros(query, times)
    yield "recalculation", micros(recalculation, 3 if book.length > 10_000 else 15)
    yield "committed", median([book.commit(book.next()) for _ in range(times)])  # last, for the session grows by it


def recalculated(rooms: Any, session: int) -> dict[str, Any]:
    """What anybody would write: read all of the session's messages, count."""
    rows = rooms.rows.objects.filter(session=session).order_by("at", "message_id")
    columns = rows.values_list("at", "role", "status", "completed_at", "prompt", "completion", "total", "cost")
    count = tokens = cost = users = assistants = prompt = completion = 0
    waits, asked, first, last = list[int](), None, None, None
    for at, role, status, completed_at, prompts, completions, total, price in columns:
        count, tokens, cost = count + 1, tokens + total, cost + price
        prompt, completion = prompt + prompts, completion + completions
        users, assistants = users + (role == "user"), assistants + (role == "assistant")
        if role == "assistant" and asked is not None and status != "pending":
            waits.append((completed_at or at) - asked)
        asked = at if role == "user" else None
        first, last = at if first is None else first, at
    waits.sort()
    return {
        "message_count": count,
        "total_tokens": tokens,
        "user_messages": users,
        "assistant_messages": assistants,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "responses": len(waits),
        "total_cost": cost / 1e9,
        "average_response_time": sum(waits) / len(waits) / 1e6 if waits else 0.0,
        "conversation_duration": ((last or 0) - (first or 0)) / 1e6,
        "response_p95": percentile(waits, 0.95) / 1e6,
    }


def agree(figures: dict[str, Any], again: dict[str, Any]) -> None:
    """Both ways say the same, or the comparison is worth nothing; a quantile may be 2 % off."""
    for name, value in again.items():
        near = abs(figures[name] - value) <= (0.02 if name == "response_p95" else 1e-9) * max(1, abs(value))
        if not near:
            raise RuntimeError(f"{name}: the stage says {figures[name]}, a recalculation {value}")


def rooms() -> Any:
    """The application's parts; needs Django to be set up."""
    import django

    django.setup()
    from types import SimpleNamespace

    from django.core.management import call_command
    from django.db import transaction

    from monitoring.events.record import Record
    from monitoring.events.vocabulary import Message
    from monitoring.people.viewer import OPS, Viewer
    from monitoring.stats.feed import Stats
    from monitoring.stats.figures import session_figures
    from monitoring.stats.models import Message as Rows
    from monitoring.stats.queries import find_session

    call_command("migrate", verbosity=0)
    return SimpleNamespace(
        Record=Record,
        Message=Message,
        rows=Rows,
        stage=Stats(),
        atomic=transaction.atomic,
        take_back=transaction.set_rollback,
        staff=Viewer("bench", frozenset({OPS})),
        session_figures=session_figures,
        find_session=find_session,
    )


def main(times: int) -> None:
    """Print the figures of every length as JSON."""
    found, parts = dict[str, float](), rooms()
    for number, length in enumerate(LENGTHS):
        book = Book(parts, length, number * 10_000_000)
        book.fill(length)
        found |= {f"{name} {length}": value for name, value in figures_of(parts, book, times)}
    for name in ("in order", "late", "query", "recalculation"):
        found[f"{name} growth"] = found[f"{name} {LENGTHS[-1]}"] / found[f"{name} {LENGTHS[0]}"]
    json.dump(found, sys.stdout)


def specs() -> Iterator[Spec]:
    for name in ("in order", "late", "query"):
        for length in LENGTHS:
            yield Spec(f"{name}, {length:,} messages", f"{name} {length}", "µs", f"recalculation {length}")
        yield Spec(f"{name}, {LENGTHS[-1]:,} : {LENGTHS[0]}", f"{name} growth", "×", "recalculation growth")
    yield Spec(f"in order with its fsync, {LENGTHS[-1]:,}", f"committed {LENGTHS[-1]}", "µs", f"committed {LENGTHS[0]}")


BENCHMARK = Benchmark("session", tuple(specs()), measure, seconds=120)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sbdash.settings")
    main(int(sys.argv[1]))
