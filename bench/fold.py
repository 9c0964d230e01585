"""CPU that the pipeline takes for a thousand entries, step by step: `python bench/fold.py --source late --runs 5`.

Entries are made once for each source, in /tmp/sbdash-fold-SOURCE; each run folds them anew."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from time import process_time, time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.inside import migrate, set_up

SOURCES = ("order", "late", "demo")
"""Messages of a thousand sessions in order; the same within two seconds, so nearly all late; the demonstration's."""
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--source", choices=SOURCES, default="order")
parser.add_argument("--entries", type=int, default=100_000, help="how many are made where there are none yet")
parser.add_argument("--batch", type=int, default=8_000)
parser.add_argument("--runs", type=int, default=5)
chosen = parser.parse_args()
set_up(f"fold-{chosen.source}")

import msgspec

from bench.events import batch, filled, templates
from demo.traffic import Demo
from monitoring.db.transactions import async_commit
from monitoring.events.envelope import Event, parse, split
from monitoring.events.record import Record
from monitoring.journal import store as journal
from monitoring.journal.stages import Stage, stages
from monitoring.pipeline.advance import rebuild
from monitoring.pipeline.runtime import tune_interpreter
from monitoring.recording.record import commit

SENDERS, SIZE = 4, 512
DAY = 86_400.0


class Timed:
    """A stage that knows how long its work took, s of CPU."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.name, self.parts = stage, stage.name, stage.parts
        self.needs, self.types, self.origins, self.part_of = stage.needs, stage.types, stage.origins, stage.part_of
        self.counted = self.wrote = self.cleared = self.longest = 0.0

    def apply(self, batch: Sequence[Record], received: int) -> tuple[Callable[[], None], frozenset[int]]:
        began = process_time()
        write, changed = self.stage.apply(batch, received)
        self.counted += process_time() - began

        def timed() -> None:
            began = process_time()
            write()
            took = process_time() - began
            self.wrote, self.longest = self.wrote + took, max(self.longest, took)

        return timed, frozenset(changed)

    def clear(self) -> None:
        began = process_time()
        self.stage.clear()
        self.cleared += process_time() - began


def sent() -> Iterator[bytes]:
    """Events without end."""
    now, number = time() - DAY, 0
    if chosen.source == "demo":
        demo = Demo(1, now - 20 * DAY)
        for minute in range(28_000):
            yield from map(msgspec.json.encode, demo.events_until(now - 20 * DAY + 60 * minute))
        return
    bodies = [batch(templates(sender, SIZE)) for sender in range(SENDERS)]
    while True:
        at = now + (number / 10 if chosen.source == "order" else number % 2)
        yield from split(filled(bodies[number % SENDERS], number, at), "application/cloudevents-batch+json")
        number += 1


def fill(amount: int) -> None:
    latest, events = datetime.now(UTC) + timedelta(days=1), sent()
    while (missing := amount - journal.size()) > 0:
        some: list[Event] = [parse(raw, latest) for raw in islice(events, min(2_000, missing))]
        if not some:
            raise RuntimeError("the source has no more to tell")
        commit(some)


def run(stage: Stage) -> list[float]:
    """ms of CPU for a thousand entries: all, counted, written, the rest; and of the longest transaction, ms."""
    timed, began = Timed(stage), process_time()
    size = rebuild(timed, lambda position, size: None, chosen.batch)
    total = process_time() - began - timed.cleared
    shares = total, timed.counted, timed.wrote, total - timed.counted - timed.wrote
    return [*(share * 1e6 / size for share in shares), timed.longest * 1e3]


def main() -> None:
    migrate()
    fill(chosen.entries)
    tune_interpreter()
    async_commit()
    heads = ("all", "counted", "written", "read, rest", "longest ms")
    print(f"{'ms of CPU for 1,000 entries':28}{''.join(f'{head:>12}' for head in heads)}")
    for stage in stages():
        found = zip(*[run(stage) for _ in range(chosen.runs)], strict=True)
        print(f"{stage.name:28}{''.join(f'{median(column):>12.2f}' for column in found)}", flush=True)


if __name__ == "__main__":
    main()
