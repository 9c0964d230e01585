"""The inside of the session benchmark: `python -m bench.session_inside JSON` prints its figures as JSON."""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any, Literal

import django

from bench.figures import percentile

django.setup()

from django.conf import settings
from django.db import transaction
from msgspec.structs import asdict

from monitoring.events.record import Record
from monitoring.events.vocabulary import Message
from monitoring.people.viewer import OPS, Viewer
from monitoring.stats import models
from monitoring.stats.figures import session_figures
from monitoring.stats.reader import find_session
from monitoring.stats.session import Session
from monitoring.stats.stage import Stats

FILL = 2_000
GAP = 2_000_000
"""µs between two messages: room for late ones."""
APART = 10_000_000
"""Positions between two sessions."""
WARM_UP = 20
SOMEBODY = 1
STAFF = Viewer("bench", frozenset({OPS}))
STAGE = Stats()
Role = Literal["user", "assistant"]


def micros(act: Callable[[], object], times: int) -> float:
    """The median of so many calls, µs."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        took.append(time.perf_counter() - started)
    return median(took) * 1e6


class Book:
    """Writes messages of one session through the real stage."""

    def __init__(self, name: str, first: int) -> None:
        self.name, self.position = f"bench-{name}", first
        self.began = int((time.time() - 3 * 86_400) * 1e6)
        self.length = 0

    def record(self, at: int, role: Role) -> Record:
        """One message as the stage reads it."""
        self.position += 1
        data = Message(
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
        return Record(self.position, int(time.time() * 1e6), at, "message", data, SOMEBODY)

    def next(self) -> Record:
        """The message after all others."""
        self.length += 1
        return self.record(self.began + self.length * GAP, "assistant" if self.length % 2 == 0 else "user")

    def late(self) -> Record:
        """One that falls between two others, anywhere."""
        place = random.randrange(1, max(2, self.length))
        return self.record(self.began + place * GAP + random.randrange(1, GAP), "user")

    def fill(self, length: int) -> None:
        while self.length < length:
            batch = [self.next() for _ in range(min(FILL, length - self.length))]
            with transaction.atomic():
                applied(batch)()

    def trial(self, record: Record) -> float:
        """µs of one more message, which is taken back: the session keeps its length."""
        with transaction.atomic():
            started = time.perf_counter()
            applied([record])()
            took = time.perf_counter() - started
            transaction.set_rollback(True)
        return took * 1e6

    def commit(self, record: Record) -> float:
        """µs of one more message that stays, with the transaction and its fsync."""
        started = time.perf_counter()
        write = applied([record])
        with transaction.atomic():
            write()
        return (time.perf_counter() - started) * 1e6

    def after_all(self) -> Record:
        """The message that would be next."""
        return self.record(self.began + (self.length + 1) * GAP, "user" if self.length % 2 == 0 else "assistant")


def applied(batch: list[Record]) -> Callable[[], None]:
    """The function that writes a batch's rows, as the pipeline asks the stage for it."""
    write, _ = STAGE.apply(batch, batch[-1].received)
    return write


def figures_of(book: Book, times: int) -> Iterator[tuple[str, float]]:
    """The figures of a session that is filled."""
    for kind, made in (("in order", book.after_all), ("late", book.late)):
        yield kind, median([book.trial(made()) for _ in range(times + WARM_UP)][WARM_UP:])
    key = found(book.name).key

    def query() -> Mapping[str, Any]:
        return asdict(session_figures(found(book.name), settings.SESSION_IDLE_GAP))

    def recalculation() -> dict[str, Any]:
        return recalculated(key)

    agree(query(), recalculation())
    yield "query", micros(query, times)
    yield "recalculation", micros(recalculation, 3 if book.length > 10_000 else 15)
    yield "committed", median([book.commit(book.next()) for _ in range(times)])  # last, for the session grows by it


def found(name: str) -> Session:
    session = find_session(STAFF, name)
    if session is None:
        raise RuntimeError(f"no session {name}")
    return session


def recalculated(session: int) -> dict[str, Any]:
    """The plain way: read all of the session's messages, and count."""
    rows = models.Message.objects.filter(session=session).order_by("at", "message_id")
    columns = rows.values_list("at", "role", "status", "completed_at", "prompt", "completion", "total", "cost")
    count = tokens = cost = users = assistants = prompt = completion = 0
    waits, asked, times = list[int](), None, list[int]()
    for moment, role, status, completed_at, prompts, completions, total, price in columns:
        at = moment or 0
        count, tokens, cost = count + 1, tokens + total, cost + price
        prompt, completion = prompt + prompts, completion + completions
        users, assistants = users + (role == "user"), assistants + (role == "assistant")
        if role == "assistant" and asked is not None and status != "pending":
            waits.append((completed_at or at) - asked)
        asked = at if role == "user" else None
        times.append(at)
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
        "conversation_duration": (times[-1] - times[0]) / 1e6,
        "response_p95": percentile(waits, 0.95) / 1e6,
    }


def agree(figures: Mapping[str, Any], again: dict[str, Any]) -> None:
    """Both ways say the same, or the comparison is worth nothing; a quantile may be 2 % off."""
    for name, value in again.items():
        near = abs(figures[name] - value) <= (0.02 if name == "response_p95" else 1e-9) * max(1, abs(value))
        if not near:
            raise RuntimeError(f"{name}: the stage says {figures[name]}, a recalculation {value}")


def main(wanted: dict[str, int]) -> None:
    """Print the figures of every length, `{"times": 300, "short": 10, …}`, as JSON."""
    made, times = dict[str, float](), wanted.pop("times")
    for number, (name, length) in enumerate(wanted.items()):
        book = Book(name, number * APART)
        book.fill(length)
        made |= {f"{kind} {name}": value for kind, value in figures_of(book, times)}
    for kind in ("in order", "late", "query", "recalculation"):
        made[f"{kind} growth"] = made[f"{kind} long"] / made[f"{kind} short"]
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
