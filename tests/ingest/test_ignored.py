"""What was seen and not kept: counted by many threads, handed on by one, never lost while it cannot be kept."""

import threading
from collections import Counter
from collections.abc import Mapping

import pytest
from django.db import connection
from running import until

from monitoring.ingest import ignored
from monitoring.ingest.batch import OTHERS
from monitoring.ingest.ignored import MAX_PENDING_NAMES, IgnoredCounters, IgnoredName
from monitoring.ingest.models import Sighting
from monitoring.ingest.source_state import MAX_NAMES_PER_KIND, save_ignored


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ignored, "FLUSH_INTERVAL", 0.01)


def test_one_thread_hands_on_what_many_have_counted() -> None:
    kept, threads = Counter[IgnoredName](), set[int]()

    def keep(counts: Mapping[IgnoredName, int]) -> None:
        kept.update(counts)
        threads.add(threading.get_ident())

    seen = IgnoredCounters(keep)
    for _ in range(20):
        senders = [threading.Thread(target=seen.count, args=("loki", {("line", "x"): 2})) for _ in range(4)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        until(lambda: not seen._counts, 5)
    until(lambda: kept["loki", "line", "x"] == 160, 5)
    assert len(threads) == 1


def test_what_cannot_be_kept_is_offered_again() -> None:
    kept, failures = Counter[IgnoredName](), [OSError("full"), OSError("full")]

    def keep(counts: Mapping[IgnoredName, int]) -> None:
        if failures:
            raise failures.pop()
        kept.update(counts)

    IgnoredCounters(keep).count("otlp", {("attribute", "a"): 3})
    until(lambda: kept["otlp", "attribute", "a"] == 3, 5)


def test_names_without_end_are_counted_together() -> None:
    seen = IgnoredCounters(lambda counts: None)
    seen.count("loki", {("line", str(number)): 1 for number in range(MAX_PENDING_NAMES + 50)})
    assert len(seen._counts) <= MAX_PENDING_NAMES + 1
    assert seen._counts["loki", "line", OTHERS] == 50


def test_a_name_that_no_database_keeps_holds_up_no_other() -> None:
    seen = IgnoredCounters(lambda counts: None)
    seen.count("otlp", {("attribute", "nul\0"): 1, ("attribute", "nul\ud800"): 2, ("attribute", "x" * 900): 3})
    assert seen._counts == {("otlp", "attribute", "nul?"): 3, ("otlp", "attribute", "x" * 200): 3}


@pytest.mark.django_db
def test_many_names_are_kept_in_a_few_statements_and_no_more_than_there_is_room_for() -> None:
    counts = {("loki", "line", f"name {number}"): 2 for number in range(300)}
    asked: list[str] = []
    for _ in range(2):
        connection.ensure_connection()
        connection.connection.set_trace_callback(asked.append)
        save_ignored(counts)
        connection.connection.set_trace_callback(None)
    assert len(asked) <= 20, asked
    assert {row.count for row in Sighting.objects.all()} == {4}
    save_ignored(
        {("loki", "line", f"more {number}"): 1 for number in range(MAX_NAMES_PER_KIND)} | {("loki", "x", "y"): 7}
    )
    rows = {row.name: row.count for row in Sighting.objects.filter(kind="line")}
    assert len(rows) == MAX_NAMES_PER_KIND + 1
    assert (rows["name 7"], rows[OTHERS]) == (4, 300)
    save_ignored({("loki", "line", OTHERS): 1, ("loki", "line", "name 7"): 1, ("loki", "line", "newest"): 1})
    rows = {row.name: row.count for row in Sighting.objects.filter(kind="line")}
    assert (len(rows), rows["name 7"], rows[OTHERS]) == (MAX_NAMES_PER_KIND + 1, 5, 302)
