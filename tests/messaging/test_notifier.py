"""Notifications within a process and between processes, with a real Redis that is killed and paused."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from redis_server import Redis
from running import ROOT, until

from monitoring.messaging import notifier as notifier_module
from monitoring.messaging.notifier import Notifier, NotifierFigures

OTHER = """
import sys, time
from monitoring.messaging.notifier import Notifier, NotifierFigures
notifier = Notifier(sys.argv[1], sys.argv[2])
notifier.subscribe("journal", lambda: print("notified", flush=True))
notifier.start()
while not notifier.connected: time.sleep(0.01)
print("ready", flush=True)
for line in sys.stdin:
    notifier.publish(line.strip())
notifier.stop()
"""


@dataclass
class Subscriber:
    """Counts its calls."""

    times: list[float] = field(default_factory=list)

    def __call__(self) -> None:
        self.times.append(time.monotonic())

    @property
    def count(self) -> int:
        return len(self.times)

    def assert_not_called_again(self, seconds: float = 0.3) -> None:
        before = self.count
        time.sleep(seconds)
        assert self.count == before, "it was called again"


@dataclass
class Other:
    """A second process with a notifier: publishes the names that it reads, and prints what it receives."""

    process: "subprocess.Popen[str]"

    def publish(self, name: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> str:
        """Ends the process, and returns the rest of its output."""
        rest, _ = self.process.communicate(timeout=10)
        assert self.process.returncode == 0
        return rest


Made = Callable[..., Notifier]


@pytest.fixture
def made(redis: Redis) -> Iterator[Made]:
    """Makes a started notifier, connected unless told otherwise."""
    notifiers: list[Notifier] = []

    def make(prefix: str = "tests", connected: bool = True) -> Notifier:
        notifier = Notifier(redis.url, prefix)
        notifiers.append(notifier)
        notifier.start()
        if connected:
            until(lambda: notifier.connected, 5, "the connection")
        return notifier

    yield make
    for notifier in notifiers:
        notifier.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("notifier-")]


@pytest.fixture
def other(redis: Redis, made: Made) -> Iterator[Other]:
    words = [sys.executable, "-W", "error", "-c", OTHER, redis.url, "tests"]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        there = Other(process)
        assert there.read_line() == "notified", "a connection that comes up calls: a notification may have been missed"
        assert there.read_line() == "ready"
        yield there
        if process.poll() is None:
            there.end()


def subscriber_of(notifier: Notifier, name: str = "journal") -> Subscriber:
    subscriber = Subscriber()
    notifier.subscribe(name, subscriber)
    return subscriber


def longest_publish(notifier: Notifier, count: int = 1_000) -> float:
    """Publishes `count` times; returns the longest call in seconds."""
    longest = 0.0
    for _ in range(count):
        began = time.perf_counter()
        notifier.publish("journal")
        longest = max(longest, time.perf_counter() - began)
    return longest


def test_without_redis_publish_calls_the_subscribers() -> None:
    notifier = Notifier()
    subscriber, unrelated = subscriber_of(notifier), subscriber_of(notifier, "stats")
    threads = threading.active_count()
    notifier.start()
    notifier.publish("journal")
    notifier.publish("no subscribers")
    assert (subscriber.count, unrelated.count) == (1, 0)
    assert notifier.figures() == NotifierFigures(
        connected=False, announced=2, published=0, received=0, disconnections=0
    )
    assert threading.active_count() == threads
    notifier.stop()


def test_a_subscriber_that_fails_harms_neither_publisher_nor_others(caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier()
    notifier.subscribe("journal", lambda: {}["nothing"])
    subscriber = subscriber_of(notifier)
    notifier.publish("journal")
    assert subscriber.count == 1
    assert "subscriber of 'journal' failed" in caplog.text


def test_an_invalid_url_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="scheme"):
        Notifier("localhost:6379")


def test_a_notification_reaches_another_process(made: Made, other: Other) -> None:
    here = made()
    subscriber, unrelated = subscriber_of(here), subscriber_of(here, "stats")
    other.publish("journal")
    until(lambda: subscriber.count, 5, "the other's notification")
    here.publish("journal")
    assert other.read_line() == "notified", "its own"
    assert other.read_line() == "notified", "ours"
    subscriber.assert_not_called_again()
    assert (subscriber.count, unrelated.count, here.figures().received) == (2, 0, 1)
    assert other.end() == ""


def test_a_notification_of_this_process_is_delivered_at_once_and_once(made: Made) -> None:
    notifier = made()
    subscriber = subscriber_of(notifier)
    notifier.publish("journal")
    assert subscriber.count == 1
    until(lambda: notifier.figures().published, 5)
    subscriber.assert_not_called_again()


def test_many_notifications_are_few_publications(made: Made) -> None:
    here, there = made(), made()
    subscriber, remote = subscriber_of(here), subscriber_of(there)
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
    until(lambda: remote.count and remote.times[-1] >= last, 5, "one that comes after the last notification")
    remote.assert_not_called_again()
    assert subscriber.count == here.figures().announced == 10_201
    assert remote.count == here.figures().published <= 3 + took / notifier_module.PUBLISH_INTERVAL


def test_two_installations_on_one_redis_do_not_reach_each_other(made: Made) -> None:
    ours, theirs = made("ours"), made("theirs")
    subscriber, remote = subscriber_of(ours), subscriber_of(theirs)
    theirs.publish("journal")
    until(lambda: theirs.figures().published, 5)
    subscriber.assert_not_called_again()
    assert (subscriber.count, remote.count) == (0, 1)


def test_an_invalid_message_is_ignored(made: Made, redis: Redis) -> None:
    notifier = made()
    subscriber = subscriber_of(notifier)
    for junk in (b"", b"\xff\xfe\x00", b"journal", b"somebody nothing", b"x" * 100_000, b"a journal extra"):
        assert redis.ask("PUBLISH", "tests:bell", junk) == 1
    redis.ask("PUBLISH", "tests:bell", "somebody journal")
    until(lambda: subscriber.count, 5)
    subscriber.assert_not_called_again(0.1)
    assert subscriber.count == 1
    assert notifier.figures().disconnections == 0


def test_an_idle_connection_stays_up(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier_module, "PING_INTERVAL", 0.1)
    monkeypatch.setattr(notifier_module, "PONG_TIMEOUT", 1.0)
    notifier = made()
    time.sleep(2.5)
    assert notifier.connected
    assert notifier.figures().disconnections == 0


def test_after_redis_was_killed_the_notifier_reconnects_by_itself(
    made: Made, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = made(), made()
    subscriber, remote = subscriber_of(here), subscriber_of(there)
    redis.kill()
    until(lambda: not here.connected and not there.connected, 3, "the loss")
    assert longest_publish(here) < 0.2
    assert subscriber.count == 1_000, "notifications within the process go on"
    assert remote.count == 0
    time.sleep(1)
    redis.start()
    until(lambda: here.connected and there.connected, 5, "the connection")
    until(lambda: remote.count, 5, "a call because a notification may have been missed")
    until(lambda: here.figures().published, 5, "the pending notification is published")
    time.sleep(0.3)
    assert subscriber.count == 1_001, "called once more, when Redis was back"
    assert remote.count in (1, 2), "once because it is back, and for the pending notification (before or after that)"
    here.publish("journal")
    known = remote.count
    until(lambda: remote.count > known, 5, "a notification as before")
    assert here.figures().disconnections == 1
    messages = [record.message for record in caplog.records if record.name == notifier_module.__name__]
    assert sum("Redis is lost" in message for message in messages) == 2, "once each"
    assert sum("Redis is back" in message for message in messages) == 2
    assert len(messages) == 4


def test_a_redis_that_hangs_is_noticed_and_harms_nobody(made: Made, redis: Redis) -> None:
    here, there = made(), made()
    subscriber, remote = subscriber_of(here), subscriber_of(there)
    redis.pause()
    began = time.monotonic()
    assert longest_publish(here, 10_000) < 0.2
    assert subscriber.count == 10_000
    until(lambda: not here.connected and not there.connected, 5, "the loss")
    assert time.monotonic() - began < 4
    assert longest_publish(here) < 0.2
    time.sleep(1)
    assert remote.count == 0
    redis.resume()
    until(lambda: here.connected and there.connected, 6, "the connection")
    until(lambda: remote.count, 5, "a call because a notification may have been missed")
    time.sleep(0.5)
    known = remote.count
    here.publish("journal")
    until(lambda: remote.count > known, 5, "a notification as before")


def test_a_notifier_that_starts_without_redis_connects_once_there_is_one(made: Made, redis: Redis) -> None:
    redis.kill()
    notifier = made(connected=False)
    subscriber = subscriber_of(notifier)
    time.sleep(0.5)
    assert not notifier.connected
    redis.start()
    until(lambda: notifier.connected, 5, "the connection")
    assert subscriber.count == 1


def test_a_wrong_password_is_logged_once_and_harms_nobody(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier(redis.url.replace("redis://", "redis://:wrong@"))
    subscriber = subscriber_of(notifier)
    notifier.start()
    until(lambda: notifier.figures().disconnections, 5, "the refusal")
    notifier.publish("journal")
    time.sleep(1)
    notifier.stop()
    assert (subscriber.count, notifier.connected, notifier.figures().disconnections) == (1, False, 1)
    assert [record.message.partition(";")[0] for record in caplog.records] == ["Redis is lost"]


def test_stop_is_fast_and_publishes_what_is_pending(made: Made, redis: Redis) -> None:
    subscriber = subscriber_of(made())
    short = Notifier(redis.url, "tests")
    short.publish("journal")
    short.start()
    short.publish("journal")
    began = time.monotonic()
    short.stop()
    assert time.monotonic() - began < 2
    until(lambda: subscriber.count, 5, "the notification of a short process")


def test_stop_works_while_redis_hangs(made: Made, redis: Redis) -> None:
    notifier = made()
    redis.pause()
    notifier.publish("journal")
    began = time.monotonic()
    notifier.stop()
    assert time.monotonic() - began < 4
    assert not notifier.connected
    redis.resume()


def test_a_stopped_notifier_can_be_started_again(made: Made) -> None:
    notifier, other = made(), made()
    subscriber = subscriber_of(notifier)
    notifier.stop()
    other.publish("journal")
    until(lambda: other.figures().published, 5)
    notifier.start()
    until(lambda: notifier.connected, 5)
    assert subscriber.count == 1, "because a notification may have been missed; and one was"
    other.publish("journal")
    until(lambda: subscriber.count == 2, 5)
