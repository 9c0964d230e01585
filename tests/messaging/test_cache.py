"""The cache in this process, and in a real Redis that is killed and paused."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from redis_server import Redis
from running import until

from monitoring.messaging import redis_cache
from monitoring.messaging.cache import Cache, Key
from monitoring.messaging.redis_cache import RedisCache


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Maker:
    """Returns a value and counts its calls. With a gate it waits for the gate after it has begun."""

    value: bytes = b"made"
    error: Exception | None = None
    gate: threading.Event | None = None
    begun: threading.Event = field(default_factory=threading.Event)
    count: int = 0

    def __call__(self) -> bytes:
        self.count += 1
        self.begun.set()
        if self.gate:
            assert self.gate.wait(10)
        if self.error:
            raise self.error
        return self.value


Made = Callable[..., RedisCache]


@pytest.fixture
def shared(redis: Redis) -> Iterator[Made]:
    """Makes Redis caches, as several processes have them."""
    made: list[RedisCache] = []

    def make(prefix: str = "tests", max_bytes: int = 1_000, clock: Callable[[], float] = time.monotonic) -> RedisCache:
        made.append(RedisCache(redis.url, prefix, max_bytes, clock))
        return made[-1]

    yield make
    for cache_of_process in made:
        cache_of_process.close()


def cache(
    redis: RedisCache | None = None, max_entries: int = 10, max_bytes: int = 10_000, clock: Clock | None = None
) -> Cache:
    return Cache(redis, max_entries, max_bytes, clock or time.monotonic)


def concurrently(cache: Cache, makers: list[Maker]) -> list[bytes | str]:
    """Calls `get_or_set` for one key in a thread per maker; the first maker returns once the others wait. Returns the
    value or the error's text of each thread."""
    results: list[bytes | str] = ["" for _ in makers]

    def ask(index: int) -> None:
        try:
            results[index] = cache.get_or_set(("same",), makers[index], 60)
        except Exception as error:
            results[index] = str(error)

    threads = [threading.Thread(target=ask, args=[index]) for index in range(len(makers))]
    threads[0].start()
    assert makers[0].begun.wait(5)
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.2)
    assert makers[0].gate is not None
    makers[0].gate.set()
    for thread in threads:
        thread.join(10)
    return results


def timed(ask: Callable[[], bytes]) -> tuple[bytes, float]:
    began = time.monotonic()
    return ask(), time.monotonic() - began


def test_a_value_is_made_once_for_a_position_and_again_for_the_next() -> None:
    kept, first, second = cache(), Maker(b"at 7"), Maker(b"at 8")
    for _ in range(3):
        assert kept.get_or_set(("overview", "staff", 7), first, 60) == b"at 7"
    assert kept.get_or_set(("overview", "staff", 8), second, 60) == b"at 8"
    assert kept.get_or_set(("overview", "staff", 7), first, 60) == b"at 7"
    assert (first.count, second.count) == (1, 1)
    figures = kept.figures()
    assert (figures.entries, figures.hits, figures.misses, figures.from_redis) == (2, 3, 2, 0)


def test_keys_that_look_alike_are_different() -> None:
    keys: list[Key] = [
        (1,), (True,), (1.0,), ("1",), (b"1",), ("a", "b"), ("a,b",), ("a", ("b",)), ("a', 'b",), (None,), ("None",),
        (), ("",), ("\ud800",), ("\\ud800",), ("ä",), ("a\u0308",),
    ]  # fmt: skip
    kept = cache(max_entries=100)
    for number, key in enumerate(keys):
        kept.get_or_set(key, Maker(str(number).encode()), 60)
    for number, key in enumerate(keys):
        assert kept.get_or_set(key, Maker(b"made again"), 60) == str(number).encode(), key


def test_an_expired_value_is_made_again() -> None:
    clock, maker = Clock(), Maker()
    kept = cache(clock=clock)
    kept.get_or_set(("x",), maker, 10)
    clock.now += 9.9
    kept.get_or_set(("x",), maker, 10)
    assert maker.count == 1
    clock.now += 0.1
    kept.get_or_set(("x",), maker, 10)
    assert (maker.count, kept.figures().entries) == (2, 1)


def test_the_number_of_values_is_bounded_and_the_least_recently_used_goes() -> None:
    kept, used = cache(max_entries=10), Maker()
    kept.get_or_set(("used",), used, 60)
    for number in range(50):
        kept.get_or_set((number,), Maker(), 60)
        kept.get_or_set(("used",), used, 60)
        assert kept.figures().entries <= 10
    assert used.count == 1
    again = Maker()
    kept.get_or_set((0,), again, 60)
    assert again.count == 1, "the oldest went"


def test_the_bytes_of_all_values_are_bounded() -> None:
    kept = cache(max_entries=1_000, max_bytes=1_000)
    for number in range(300):
        kept.get_or_set((number,), Maker(b"x" * (number % 97)), 60)
        assert kept.figures().bytes <= 1_000
    assert kept.figures().entries > 5
    for number in range(300):
        kept.get_or_set(("small", number), Maker(b""), 60)
    assert 0 < kept.figures().bytes <= 1_000


def test_a_value_over_the_bound_is_returned_and_not_stored() -> None:
    kept, large, small = cache(max_bytes=1_000), Maker(b"x" * 1_001), Maker()
    kept.get_or_set(("small",), small, 60)
    for _ in range(2):
        assert kept.get_or_set(("large",), large, 60) == large.value
    kept.get_or_set(("small",), small, 60)
    assert (large.count, small.count) == (2, 1), "nor does it evict others"


def test_of_many_threads_that_miss_one_makes_the_value_and_the_others_wait() -> None:
    kept = cache()
    makers = [Maker(b"first", gate=threading.Event()), *(Maker(b"another") for _ in range(7))]
    assert concurrently(kept, makers) == [b"first"] * 8
    assert [maker.count for maker in makers] == [1] + [0] * 7
    assert (kept.figures().hits, kept.figures().misses) == (7, 1)


def test_when_the_maker_fails_each_waiting_thread_makes_the_value() -> None:
    kept = cache()
    failing = Maker(error=OSError("the first's own"), gate=threading.Event())
    makers = [failing, Maker(b"b"), Maker(error=OSError("the third's own"))]
    assert concurrently(kept, makers) == ["the first's own", b"b", "the third's own"]
    maker = Maker()
    assert kept.get_or_set(("same",), maker, 60) == b"made", "nothing is stored, and no thread waits for ever"
    assert maker.count == 1


def test_other_keys_do_not_wait() -> None:
    kept, slow = cache(), Maker(gate=threading.Event())
    thread = threading.Thread(target=kept.get_or_set, args=[("slow",), slow, 60])
    thread.start()
    assert slow.begun.wait(5)
    assert kept.get_or_set(("quick",), Maker(b"quick"), 60) == b"quick"
    assert slow.gate is not None
    slow.gate.set()
    thread.join(5)


def test_a_maker_that_asks_for_its_own_key_does_not_wait_for_itself() -> None:
    kept = cache()
    assert (
        kept.get_or_set(("x",), lambda: kept.get_or_set(("x",), lambda: b"inner", 60) + b" outer", 60) == b"inner outer"
    )


def test_a_value_of_one_process_is_found_by_another_in_redis(shared: Made, redis: Redis) -> None:
    here, there, again = cache(shared()), cache(shared()), Maker(b"made again")
    here.get_or_set(("overview", "staff", 7), Maker(b"\x00\xff bytes"), 60)
    for _ in range(2):
        assert there.get_or_set(("overview", "staff", 7), again, 60) == b"\x00\xff bytes"
    assert again.count == 0
    figures = there.figures()
    assert (figures.hits, figures.misses, figures.from_redis, figures.failures) == (1, 1, 1, 0)
    assert there.get_or_set(("overview", "alice", 7), again, 60) == b"made again", "another scope is another key"
    keys = redis.ask("KEYS", "*")
    assert len(keys) == 2
    assert not [key for key in keys if b"overview" in key or b"staff" in key], "names are hashed"
    assert all(0 < redis.ask("PTTL", key) <= 60_000 for key in keys), "every key expires"


def test_two_installations_on_one_redis_do_not_find_each_others_values(shared: Made) -> None:
    ours, theirs = cache(shared("ours")), cache(shared("theirs"))
    ours.get_or_set(("overview", 7), Maker(b"ours"), 60)
    assert theirs.get_or_set(("overview", 7), Maker(b"theirs"), 60) == b"theirs"


def test_large_values_are_not_sent_to_redis(shared: Made, redis: Redis) -> None:
    kept = cache(shared(max_bytes=100))
    kept.get_or_set(("large",), Maker(b"x" * 101), 60)
    assert redis.ask("DBSIZE") == 0
    kept.get_or_set(("fits",), Maker(b"x" * 100), 60)
    assert redis.ask("DBSIZE") == 1
    assert kept.figures().entries == 2


@pytest.mark.parametrize(
    "junk",
    [("RPUSH", b"a", b"b"), ("HSET", b"a", b"b"), ("SET", b""), ("SET", b"\xff garbage"), ("SET", b"x" * 100_000)],
)
def test_foreign_bytes_under_a_key_are_replaced(shared: Made, redis: Redis, junk: tuple[str, bytes]) -> None:
    cache(shared()).get_or_set(("x",), Maker(b"true"), 60)
    (key,) = redis.ask("KEYS", "*")
    redis.ask("DEL", key)
    redis.ask(junk[0], key, *junk[1:])
    behind, maker = shared(), Maker(b"true")
    assert cache(behind).get_or_set(("x",), maker, 60) == b"true"
    assert maker.count == 1
    assert behind.failures == (junk[0] != "SET")
    assert cache(behind).get_or_set(("x",), Maker(b"made again"), 60) == b"true", "and replaced"


def test_a_redis_without_memory_stores_nothing_and_that_is_logged_once(
    shared: Made, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    kept = cache(shared())
    for number in range(5):
        assert kept.get_or_set((number,), Maker(), 60) == b"made"
    assert kept.figures().failures == 5
    assert [record.levelno for record in caplog.records if "refuses" in record.message] == [logging.WARNING]


def test_without_redis_the_cache_goes_on(shared: Made, redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    kept = cache(shared(), max_entries=100)
    kept.get_or_set(("before",), Maker(), 60)
    redis.kill()
    for number in range(50):
        assert kept.get_or_set((number,), Maker(), 60) == b"made"
    assert kept.get_or_set(("before",), Maker(b"made again"), 60) == b"made"
    assert kept.figures().failures == 1, "then Redis is not called"
    assert len([record for record in caplog.records if record.name == redis_cache.__name__]) == 1


def test_a_redis_that_hangs_costs_one_timeout_and_then_nothing(shared: Made, redis: Redis) -> None:
    kept = cache(shared())
    kept.get_or_set(("before",), Maker(), 60)
    redis.pause()
    value, first = timed(lambda: kept.get_or_set(("first",), Maker(b"a"), 60))
    assert value == b"a"
    assert first < 1
    took = [timed(lambda number=number: kept.get_or_set((number,), Maker(), 60))[1] for number in range(20)]
    assert max(took) < 0.1
    assert kept.figures().failures == 1
    redis.resume()


def test_after_a_failure_one_call_at_a_time_tries_and_then_redis_is_used_again(
    shared: Made, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    behind = shared(clock=clock)
    redis.kill()
    behind.get("x")
    clock.now += 1.9
    behind.get("x")
    assert behind.failures == 1
    clock.now += 0.1
    behind.get("x")
    behind.get("x")
    assert behind.failures == 2, "one call tried, and the next did not"
    redis.start()
    clock.now += 2
    behind.set("x", b"kept", 60)
    assert behind.get("x") == b"kept"
    assert behind.failures == 2
    messages = [record.message for record in caplog.records if record.name == redis_cache.__name__]
    assert len(messages) == 2, "once that it is lost, once that it is back"


def test_a_late_response_is_not_taken_for_that_of_another_key(shared: Made, redis: Redis) -> None:
    clock = Clock()
    behind = shared(clock=clock)
    behind.set("a", b"of a", 60)
    behind.set("b", b"of b", 60)
    redis.pause()
    assert behind.get("a") is None
    redis.resume()
    time.sleep(0.2)
    clock.now += 2
    assert behind.get("b") == b"of b"
    assert behind.get("a") == b"of a"


def test_many_threads_and_few_keys_hold_the_bounds_and_never_mix_values(shared: Made) -> None:
    kept, wrong = cache(shared(), max_entries=5, max_bytes=400), []

    def work(seed: int) -> None:
        for step in range(300):
            number = (seed * 7 + step * 13) % 11
            value = kept.get_or_set(("value", number), lambda number=number: b"%d" % number * 10, 60)
            figures = kept.figures()
            if value != b"%d" % number * 10 or figures.entries > 5 or figures.bytes > 400:
                wrong.append((number, value, figures))

    threads = [threading.Thread(target=work, args=[seed]) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not wrong
    figures = kept.figures()
    assert figures.hits + figures.misses == 1_800
    assert figures.failures == 0


def test_values_expire_in_redis_too(shared: Made) -> None:
    behind = shared()
    behind.set("x", b"short", 0.2)
    assert behind.get("x") == b"short"
    until(lambda: behind.get("x") is None, 5, "its expiry")
