"""Rings within a process and between processes, with a Redis that is really killed and held still."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from redis_server import Redis
from running import ROOT, until

from monitoring.messaging import notifier
from monitoring.messaging.notifier import Notifier, NotifierFigures

OTHER = """
import sys, time
from monitoring.messaging.notifier import Notifier, NotifierFigures
bell = Notifier(sys.argv[1], sys.argv[2])
bell.subscribe("journal", lambda: print("heard", flush=True))
bell.start()
while not bell.connected: time.sleep(0.01)
print("ready", flush=True)
for line in sys.stdin:
    bell.publish(line.strip())
bell.stop()
"""


@dataclass
class Ear:
    """One who hears, and counts."""

    times: list[float] = field(default_factory=list)

    def __call__(self) -> None:
        self.times.append(time.monotonic())

    @property
    def count(self) -> int:
        return len(self.times)

    def never_again(self, seconds: float = 0.3) -> None:
        before = self.count
        time.sleep(seconds)
        assert self.count == before, "it came again"


@dataclass
class Other:
    """A second process with a bell: rings what it is told, says what it hears."""

    process: "subprocess.Popen[str]"

    def publish(self, name: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> str:
        """What it said to its end."""
        rest, _ = self.process.communicate(timeout=10)
        assert self.process.returncode == 0
        return rest


Made = Callable[..., Notifier]


@pytest.fixture
def made(redis: Redis) -> Iterator[Made]:
    """Makes a bell that is started, and connected if it can be."""
    bells: list[Notifier] = []

    def make(prefix: str = "tests", connected: bool = True) -> Notifier:
        bell = Notifier(redis.url, prefix)
        bells.append(bell)
        bell.start()
        if connected:
            until(lambda: bell.connected, 5, "the connection")
        return bell

    yield make
    for bell in bells:
        bell.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("bell-")]


@pytest.fixture
def other(redis: Redis, made: Made) -> Iterator[Other]:
    words = [sys.executable, "-W", "error", "-c", OTHER, redis.url, "tests"]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        there = Other(process)
        assert there.said() == "heard", "a connection that comes up calls: a ring may have been missed"
        assert there.said() == "ready"
        yield there
        if process.poll() is None:
            there.end()


def listener(bell: Notifier, name: str = "journal") -> Ear:
    ear = Ear()
    bell.subscribe(name, ear)
    return ear


def quick(bell: Notifier, rings: int = 1_000) -> float:
    """Ring so often; the longest that one took, in seconds."""
    longest = 0.0
    for _ in range(rings):
        began = time.perf_counter()
        bell.publish("journal")
        longest = max(longest, time.perf_counter() - began)
    return longest


def test_without_redis_a_ring_is_a_call() -> None:
    bell = Notifier()
    ear, deaf = listener(bell), listener(bell, "stats")
    threads = threading.active_count()
    bell.start()
    bell.publish("journal")
    bell.publish("nobody hears this")
    assert (ear.count, deaf.count) == (1, 0)
    assert bell.figures() == NotifierFigures(connected=False, rung=2, published=0, heard=0, lost=0)
    assert threading.active_count() == threads
    bell.stop()


def test_one_who_trips_harms_neither_who_rings_nor_who_hears_too(caplog: pytest.LogCaptureFixture) -> None:
    bell = Notifier()
    bell.subscribe("journal", lambda: {}["nothing"])
    ear = listener(bell)
    bell.publish("journal")
    assert ear.count == 1
    assert "one who hears 'journal' trips" in caplog.text


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="scheme"):
        Notifier("localhost:6379")


def test_a_ring_in_one_process_is_heard_in_another(made: Made, other: Other) -> None:
    here = made()
    ear, deaf = listener(here), listener(here, "stats")
    other.publish("journal")
    until(lambda: ear.count, 5, "the other's ring")
    here.publish("journal")
    assert other.said() == "heard", "its own"
    assert other.said() == "heard", "ours"
    ear.never_again()
    assert (ear.count, deaf.count, here.figures().heard) == (2, 0, 1)
    assert other.end() == ""


def test_ones_own_ring_is_heard_at_once_and_once(made: Made) -> None:
    bell = made()
    ear = listener(bell)
    bell.publish("journal")
    assert ear.count == 1
    until(lambda: bell.figures().published, 5)
    ear.never_again()


def test_many_rings_are_few_publications(made: Made) -> None:
    here, there = made(), made()
    ear, far = listener(here), listener(there)
    began = time.monotonic()
    threads = [threading.Thread(target=lambda: [here.publish("journal") for _ in range(1_250)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for _ in range(200):
        here.publish("journal")
        time.sleep(0.0005)
    took, last = time.monotonic() - began, time.monotonic()
    here.publish("journal")
    until(lambda: far.count and far.times[-1] >= last, 5, "one that comes after the last ring")
    far.never_again()
    assert ear.count == here.figures().rung == 10_201
    assert far.count == here.figures().published <= 3 + took / notifier.GAP


def test_two_installations_on_one_redis_do_not_hear_each_other(made: Made) -> None:
    ours, theirs = made("ours"), made("theirs")
    ear, far = listener(ours), listener(theirs)
    theirs.publish("journal")
    until(lambda: theirs.figures().published, 5)
    ear.never_again()
    assert (ear.count, far.count) == (0, 1)


def test_what_is_no_ring_is_passed_over(made: Made, redis: Redis) -> None:
    bell = made()
    ear = listener(bell)
    for junk in (b"", b"\xff\xfe\x00", b"journal", b"somebody nothing", b"x" * 100_000, b"a journal extra"):
        assert redis.ask("PUBLISH", "tests:bell", junk) == 1
    redis.ask("PUBLISH", "tests:bell", "somebody journal")
    until(lambda: ear.count, 5)
    ear.never_again(0.1)
    assert ear.count == 1
    assert bell.figures().lost == 0


def test_a_quiet_line_stays_up(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier, "BEAT", 0.1)
    monkeypatch.setattr(notifier, "LOOK", 0.02)
    monkeypatch.setattr(notifier, "PATIENCE", 1.0)
    bell = made()
    time.sleep(2.5)
    assert bell.connected
    assert bell.figures().lost == 0


def test_after_redis_was_killed_one_hears_again_by_oneself(
    made: Made, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = made(), made()
    ear, far = listener(here), listener(there)
    redis.kill()
    until(lambda: not here.connected and not there.connected, 3, "the loss")
    assert quick(here) < 0.2
    assert ear.count == 1_000, "within the process one goes on"
    assert far.count == 0
    time.sleep(1)
    redis.start()
    until(lambda: here.connected and there.connected, 5, "the connection")
    until(lambda: far.count, 5, "a call because a ring may have been missed")
    until(lambda: here.figures().published, 5, "what could not be said is said")
    time.sleep(0.3)
    assert ear.count == 1_001, "called once more, when Redis was back"
    assert far.count in (1, 2), "once because it is back, and for the ring that waited (before or after that)"
    here.publish("journal")
    known = far.count
    until(lambda: far.count > known, 5, "a ring as before")
    assert here.figures().lost == 1
    said = [record.message for record in caplog.records if record.name == notifier.__name__]
    assert sum("Redis is lost" in words for words in said) == 2, "once each"
    assert sum("Redis is back" in words for words in said) == 2
    assert len(said) == 4


def test_a_redis_that_hangs_is_noticed_and_harms_nobody(made: Made, redis: Redis) -> None:
    here, there = made(), made()
    ear, far = listener(here), listener(there)
    redis.pause()
    began = time.monotonic()
    assert quick(here, 10_000) < 0.2
    assert ear.count == 10_000
    until(lambda: not here.connected and not there.connected, 5, "the loss")
    assert time.monotonic() - began < 4
    assert quick(here) < 0.2
    time.sleep(1)
    assert far.count == 0
    redis.resume()
    until(lambda: here.connected and there.connected, 6, "the connection")
    until(lambda: far.count, 5, "a call because a ring may have been missed")
    time.sleep(0.5)
    known = far.count
    here.publish("journal")
    until(lambda: far.count > known, 5, "a ring as before")


def test_a_bell_that_finds_no_redis_hears_once_there_is_one(made: Made, redis: Redis) -> None:
    redis.kill()
    bell = made(connected=False)
    ear = listener(bell)
    time.sleep(0.5)
    assert not bell.connected
    redis.start()
    until(lambda: bell.connected, 5, "the connection")
    assert ear.count == 1


def test_it_stops_quickly_and_says_first_what_is_not_said(made: Made, redis: Redis) -> None:
    ear = listener(made())
    short = Notifier(redis.url, "tests")
    short.publish("journal")
    short.start()
    short.publish("journal")
    began = time.monotonic()
    short.stop()
    assert time.monotonic() - began < 2
    until(lambda: ear.count, 5, "what a short process rang")


def test_it_stops_while_redis_hangs(made: Made, redis: Redis) -> None:
    bell = made()
    redis.pause()
    bell.publish("journal")
    began = time.monotonic()
    bell.stop()
    assert time.monotonic() - began < 4
    assert not bell.connected
    redis.resume()


def test_a_stopped_bell_can_be_started_again(made: Made) -> None:
    bell, other = made(), made()
    ear = listener(bell)
    bell.stop()
    other.publish("journal")
    until(lambda: other.figures().published, 5)
    bell.start()
    until(lambda: bell.connected, 5)
    assert ear.count == 1, "because a ring may have been missed; and one was"
    other.publish("journal")
    until(lambda: ear.count == 2, 5)
