"""What each page asks for, at 1,000,000 messages in 10,000 sessions: `python bench/pages.py [--sessions N]`.

Builds the journal and the statistics once in --data (kept for the next time), then asks every page's data in turn, as
REST and sockets do but without what is kept for a moment, and prints p50 and p95 in ms.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
EACH, DAYS, OWNERS = 100, 28, 400
MODELS = (
    ("llama3.2", 2.4, 0.0),
    ("qwen2.5", 3.6, 0.0),
    ("mistral", 3.0, 0.0),
    ("gpt-4o", 1.8, 2.5e-6),
    ("phi3", 1.1, 0.0),
)
BATCH, TURNS = 8_000, 40


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--data", default="/tmp/sbdash-pages")
    options = parser.parse_args()
    os.environ |= {"DATA_DIR": options.data, "DJANGO_SETTINGS_MODULE": "sbdash.settings", "SESSION_TIMEOUT": "1800"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    build(options.sessions)
    show(measured())


def build(sessions: int) -> None:
    """Send what is missing through the journal and the statistics, as a server does."""
    from monitoring.events.envelope import take_all
    from monitoring.ingest.store import commit
    from monitoring.journal.store import size
    from monitoring.operations.clock.feed import end_silent
    from monitoring.pipeline.flow import STAGES, advance
    from monitoring.tables.store import relax

    wanted = sessions * (EACH + 1)
    if size() < wanted:
        now, batch = datetime.now(UTC), []
        for number, event in enumerate(talks(sessions, now.timestamp()), 1):
            batch.append(event)
            if len(batch) == BATCH or number == wanted:
                commit(list(take_all(batch, now)))
                batch = []
                print(f"\r{number:,} of {wanted:,} written", end="", flush=True)
    relax()
    while advance(STAGES[0]) or end_silent(time.time()):
        print(".", end="", flush=True)
    print()


def talks(sessions: int, now: float) -> Iterator[dict[str, Any]]:
    """Sessions of EACH messages, spread over the days; the same ones each time."""
    chance = random.Random(5)
    for number in range(sessions):
        at = now - chance.random() * DAYS * 86_400 - EACH * 40
        model, typical, price = MODELS[min(int(chance.expovariate(0.8)), 4)]
        name, owner = f"talk-{number}", f"owner-{chance.randrange(OWNERS)}"
        yield event(f"{name}/s", at, "session.started", session_id=name, user_id=owner)
        for turn in range(EACH // 2):
            wait = chance.lognormvariate(0, 0.6) * typical * (12 if chance.random() < 0.004 else 1)
            yield message(f"{name}-q{turn}", at, name, owner, "user")
            tokens = {"prompt_tokens": chance.randrange(50, 900), "completion_tokens": chance.randrange(20, 600)}
            total = sum(tokens.values())
            more = tokens | {"total_tokens": total, "model": model, "cost": total * price}
            yield message(f"{name}-a{turn}", at + wait, name, owner, "assistant", **more)
            at += wait + chance.lognormvariate(3.2, 0.8)


def event(id: str, at: float, type: str, **data: Any) -> dict[str, Any]:
    time_ = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return {"specversion": "1.0", "source": "bench/pages", "id": id, "type": type, "time": time_, "data": data}


def message(id: str, at: float, session: str, owner: str, role: str, **more: Any) -> dict[str, Any]:
    said = {"message_id": id, "session_id": session, "user_id": owner, "role": role, "status": "completed"}
    return event(id, at, "message", **said, **more)


def measured() -> dict[str, list[float]]:
    """Seconds of each page's data, TURNS times."""
    found: dict[str, list[float]] = {}
    for name, ask in pages().items():
        ask()
        for _ in range(TURNS):
            began = time.perf_counter()
            ask()
            found.setdefault(name, []).append(time.perf_counter() - began)
    return found


def pages() -> dict[str, Callable[[], Any]]:
    """What each page asks."""
    import msgspec

    from monitoring.live.queries import make
    from monitoring.live.reports import queries as reports
    from monitoring.people.store import person_of
    from monitoring.stats.analysis.reports.queries import mine

    now = time.time

    def report(name: str, days: int) -> Callable[[], Any]:
        return lambda: msgspec.json.encode(reports.REPORTS[name](days, now()))

    person = person_of("owner-7") or 0
    frames = {f"overview {name}": (lambda name=name: make(("overview", name), None)) for name in ("1h", "24h", "7d")}
    own = {f"my sessions, {days} days": (lambda days=days: mine(person, days, now())) for days in (28, 90)}
    return (
        frames
        | {f"{name}, {days} days": report(name, days) for name in reports.REPORTS for days in (7, 28, 90)}
        | own
        | {"session page": lambda: make(("session/talk-7", ""), None)}
    )


def show(found: dict[str, list[float]]) -> None:
    print(f"{'':28}{'p50 ms':>8}{'p95 ms':>8}")
    for name, seconds in found.items():
        marks = quantiles(seconds, n=20)
        print(f"{name:28}{marks[9] * 1e3:8.1f}{marks[18] * 1e3:8.1f}")


if __name__ == "__main__":
    main()
