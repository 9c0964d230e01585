"""Real traces twice: as rows of the fold, and as bare messages that were read here, for a recalculation."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import islice, pairwise
from math import ceil
from typing import NamedTuple

from folding import Kept, folded
from traces import AGENTS, lines, raw_lines

from monitoring.events.envelope import Event, take_all
from monitoring.events.record import Record
from monitoring.ingest.importing import azure_llm, otel_jsonl
from monitoring.pipeline.advance import advance
from monitoring.recording.record import commit
from monitoring.stats.bucket import BucketRow
from monitoring.stats.reports.sums import Summed, Sums
from monitoring.stats.stage import Stats

ROWS = 3_000
"""Lines of the Azure trace that are read."""


class Said(NamedTuple):
    """A message; times in µs since 1970."""

    session: str
    at: int
    id: str
    role: str
    done: int
    model: str
    prompt: int
    completion: int
    failed: bool


def micros(text: str) -> int:
    """A moment, UTC, as µs; digits after the sixth are dropped."""
    head, _, rest = text.removesuffix("+00:00").replace(" ", "T").partition(".")
    whole = int(datetime.fromisoformat(head).replace(tzinfo=UTC).timestamp())
    return whole * 1_000_000 + int((rest[:6]).ljust(6, "0"))


@cache
def messages(name: str) -> list[Said]:
    """The messages of a trace."""
    return list(_calls(lines(name)) if name in AGENTS else _requests(lines(name)))


def _calls(spans: list[str]) -> Iterator[Said]:
    """Each call of an agent is a question when it starts, and an answer a millisecond later."""
    for line in spans:
        span = json.loads(line)
        begin, end = micros(span["start_time_iso"]), micros(span["end_time_iso"])
        session, id = span["session_id"], span["span_id"]
        model = span["response_model"] or span["request_model"]
        tokens = span["input_tokens"] or 0, span["output_tokens"] or 0
        yield Said(session, begin, f"{id}-1", "user", begin, "unknown", 0, 0, False)
        at = min(begin + 1_000, end)
        yield Said(session, at, f"{id}-2", "assistant", end, model, *tokens, span["is_error"])


def _requests(table: list[str]) -> Iterator[Said]:
    """Each request is a session of its own: a question, and its answer a microsecond later."""
    for number, row in enumerate(islice(csv.DictReader(table), ROWS), 1):
        at, session = micros(row["TIMESTAMP"]), f"azure-{number}"
        tokens = int(row["ContextTokens"]), int(row["GeneratedTokens"])
        yield Said(session, at, f"{number}:a", "user", at, "unknown", 0, 0, False)
        yield Said(session, at + 1, f"{number}:b", "assistant", at + 1, "unknown", *tokens, False)


@cache
def events(name: str) -> list[Event]:
    """The same through the sources."""
    known = raw_lines(lines(name)[: None if name in AGENTS else ROWS + 1])
    read = otel_jsonl.read(known, name) if name in AGENTS else azure_llm.read(known, name)
    made = take_all([event for line in read for event in line.events], datetime.now(UTC))
    return [event for event in made if isinstance(event, Event)]


@cache
def kept(name: str, people: int = 0) -> Kept:
    """What the fold keeps of a trace; with `people`, sessions are theirs by turns (see `owner`)."""
    records = []
    for position, event in enumerate(events(name), 1):
        person = owner(event.data.session_id or "", people) if people else None
        records.append(Record(position, event.at, event.at, event.type, event.data, person))
    return folded(records, [len(records)])


def owner(session: str, people: int) -> int:
    """Whose session it is: 1 to `people`."""
    return sum(session.encode()) % people + 1


def rows(kept: Kept, width: int, last: int | None = None) -> list[BucketRow]:
    """Its rows of one width, in order; up to a start."""
    found = [(start, row) for (wide, start), row in kept.buckets.items() if wide == width]
    return [BucketRow(start, *row) for start, row in sorted(found) if last is None or start <= last]


def added(rows: Iterable[BucketRow]) -> Summed:
    """These rows as the reports take them."""
    return Sums(lambda counts: counts).of((row.start, row.counts) for row in rows)


def talks(said: Sequence[Said]) -> dict[str, list[Said]]:
    """The messages of each session in order."""
    found: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        found[one.session].append(one)
    return {session: sorted(talk, key=lambda one: (one.at, one.id)) for session, talk in found.items()}


class Waited(NamedTuple):
    """An answer that was waited for (µs), and whether nothing came after it."""

    wait: int
    answer: Said
    last: bool


def waits(said: Sequence[Said]) -> Iterator[Waited]:
    for talk in talks(said).values():
        for question, answer in pairwise(talk):
            if (question.role, answer.role) == ("user", "assistant"):
                yield Waited(answer.done - question.at, answer, answer is talk[-1])


def gaps(said: Sequence[Said]) -> Iterator[tuple[int, Said]]:
    """µs before a message that is not its session's first."""
    for talk in talks(said).values():
        yield from ((later.at - before.at, later) for before, later in pairwise(talk))


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank."""
    return sorted(values)[max(1, ceil(share * len(values))) - 1]


def by_day(said: Sequence[Said], name: str) -> Counter[int]:
    """Sums of a number of each message by the UTC day (s) on which it was whole."""
    found: Counter[int] = Counter()
    for one in said:
        found[one.done // 86_400_000_000 * 86_400] += int(getattr(one, name))
    return found


def count_trace(name: str) -> None:
    """Puts the events of a trace into the tables."""
    for start in range(0, len(made := events(name)), 2_000):
        commit(made[start : start + 2_000])
    while advance(Stats()):
        pass
