"""The time of each page's requests, at 1,000,000 messages in 10,000 sessions: `python bench/pages.py [--sessions N]`.

Builds the journal and the statistics once (kept in /tmp/sbdash-pages for the next time), then asks every page's data in
turn, as REST and sockets do but without what is kept for a moment, and prints p50 and p95 in ms.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter, time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.inside import migrate, set_up

set_up("pages", SESSION_TIMEOUT="1800")

from bench.figures import percentile
from monitoring.db.transactions import async_commit
from monitoring.events.envelope import Event, take_all
from monitoring.events.shape import encode
from monitoring.journal.stages import stages
from monitoring.journal.store import size
from monitoring.live.frame_builder import make_frame, reached
from monitoring.live.subscriber import Frame
from monitoring.live.topics import Topic
from monitoring.people.store import person_of
from monitoring.pipeline.advance import advance
from monitoring.pipeline.timeouts import end_silent
from monitoring.recording.record import commit
from monitoring.stats.reports.operations_report import operations_report
from monitoring.stats.reports.responses_report import responses
from monitoring.stats.reports.usage import Report
from monitoring.stats.reports.usage_report import mine, usage
from monitoring.stats.window import Period, Window, days_up_to, fixed

REPORTS: dict[str, Callable[[Period, float], Report]] = {
    "usage": usage,
    "responses": responses,
    "operations": operations_report,
}
EACH, DAYS, OWNERS = 100, 28, 400
MODELS = (
    ("llama3.2", 2.4, 0.0),
    ("qwen2.5", 3.6, 0.0),
    ("mistral", 3.0, 0.0),
    ("gpt-4o", 1.8, 2.5e-6),
    ("phi3", 1.1, 0.0),
)
BATCH = 8_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=40, help="times that each page is asked for")
    options = parser.parse_args()
    migrate()
    build(options.sessions)
    show(measured(options.turns))


def build(sessions: int) -> None:
    """Send what is missing through the journal and the statistics, as a server does."""
    wanted = sessions * (EACH + 1)
    if size() < wanted:
        now, batch = datetime.now(UTC), []
        for number, event in enumerate(talks(sessions, now.timestamp()), 1):
            batch.append(event)
            if len(batch) == BATCH or number == wanted:
                commit([taken for taken in take_all(batch, now) if isinstance(taken, Event)])
                batch = []
                print(f"\r{number:,} of {wanted:,} written", end="", flush=True)
    async_commit()
    while advance(stages()[0]) or end_silent(time()):
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


def measured(turns: int) -> dict[str, list[float]]:
    """Seconds of each page's data, so many times."""
    found: dict[str, list[float]] = {}
    for name, ask in pages().items():
        ask()
        for _ in range(turns):
            began = perf_counter()
            ask()
            found.setdefault(name, []).append(perf_counter() - began)
    return found


def pages() -> dict[str, Callable[[], object]]:
    """The question of each page, by its name."""
    first = next(talks(1, time()))["data"]
    person = person_of(first["user_id"]) or 0
    found: dict[str, Callable[[], object]] = {}
    for reach in ("1h", "24h", "7d", "28d", "90d"):
        found[f"overview {reach}"] = partial(frame, ("overview", reach))
    for days in (1, 7):
        found[f"overview, {days} fixed days"] = partial(frame, ("overview", fixed_days(days, 5).name))
    for name, made in REPORTS.items():
        for days in (7, 28, 90):
            found[f"{name}, {days} days"] = partial(report, made, days)
        for days in (1, 7):
            found[f"{name}, {days} fixed days"] = partial(report, made, days, 5)
    for days in (28, 90):
        found[f"my sessions, {days} days"] = partial(mine, person, days_up_to(days, time()), time())
    return found | {"session page": partial(frame, (f"session/{first['session_id']}", ""))}


def frame(topic: Topic) -> Frame:
    """A snapshot."""
    return make_frame(topic, None, reached())


def report(made: Callable[[Period, float], Report], days: int, back: int = 0) -> bytes:
    """A report on the last days, or on as many that ended some days ago."""
    now = time()
    return encode(made(days_up_to(days, now) if not back else fixed_days(days, back).period(now), now))


def fixed_days(days: int, back: int) -> Window:
    """Whole days that ended some days ago."""
    today = int(time()) // 86_400 * 86_400
    return fixed(today - (back + days) * 86_400, today - back * 86_400)


def show(found: dict[str, list[float]]) -> None:
    print(f"{'':28}{'p50 ms':>8}{'p95 ms':>8}")
    for name, seconds in found.items():
        print(f"{name:28}{percentile(seconds, 0.5) * 1e3:8.1f}{percentile(seconds, 0.95) * 1e3:8.1f}")


if __name__ == "__main__":
    main()
