"""What was seen and not kept: counted by many threads, handed on by one, never lost while it cannot be kept."""

import threading
from collections import Counter
from collections.abc import Mapping

import pytest
from running import until

from monitoring.ingest import sightings
from monitoring.ingest.sightings import MOST, OTHERS, Sight, Sightings


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "LATER", 0.01)


def test_one_thread_hands_on_what_many_have_counted() -> None:
    kept, threads = Counter[Sight](), set[int]()

    def keep(counts: Mapping[Sight, int]) -> None:
        kept.update(counts)
        threads.add(threading.get_ident())

    seen = Sightings(keep)
    for _ in range(20):
        senders = [threading.Thread(target=seen.see, args=("loki", {("line", "x"): 2})) for _ in range(4)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        until(lambda: not seen._counts, 5)
    until(lambda: kept["loki", "line", "x"] == 160, 5)
    assert len(threads) == 1


def test_what_cannot_be_kept_is_offered_again() -> None:
    kept, failures = Counter[Sight](), [OSError("full"), OSError("full")]

    def keep(counts: Mapping[Sight, int]) -> None:
        if failures:
            raise failures.pop()
        kept.update(counts)

    Sightings(keep).see("otlp", {("attribute", "a"): 3})
    until(lambda: kept["otlp", "attribute", "a"] == 3, 5)


def test_names_without_end_are_counted_together() -> None:
    seen = Sightings(lambda counts: None)
    seen.see("loki", {("line", str(number)): 1 for number in range(MOST + 50)})
    assert len(seen._counts) <= MOST + 1
    assert seen._counts["loki", "line", OTHERS] == 50
