"""The gate's bounds: a flood of keys, known or not, makes nothing grow, and asks the database once for each."""

import asyncio
import threading

import pytest

from monitoring.ingest.batch import Refusal
from monitoring.ingest.http import auth
from monitoring.ingest.http.auth import MAX_CACHED_KEYS, MAX_LOOKUPS, Authenticator, Key

SCOPES = frozenset({"ingest"})


class Keys:
    """Knows keys that begin with `good`; answers when it is let; remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.broken = False

    def find(self, secret: str) -> Key | None:
        self.asked.append(secret)
        assert self.open.wait(10)
        if self.broken:
            raise OSError("no database")
        return Key(secret, SCOPES, 10.0, 5.0) if secret.startswith("good") else None


async def status(gate: Authenticator, secret: str) -> int:
    try:
        await gate.admit(secret)
    except Refusal as refusal:
        return refusal.status
    return 200


async def flood(gate: Authenticator, seconds: float = 0.05) -> "list[asyncio.Task[int]]":
    """As many wrong keys as may be looked up at the same time, after that many seconds."""
    waiting = [asyncio.create_task(status(gate, f"bad {number}")) for number in range(MAX_LOOKUPS)]
    await asyncio.sleep(seconds)
    return waiting


async def test_wrong_keys_are_remembered_up_to_a_bound_and_push_no_known_one_out() -> None:
    keys = Keys()
    gate = Authenticator(keys.find)
    assert await status(gate, "good") == 200
    for number in range(MAX_CACHED_KEYS + 50):
        assert await status(gate, f"bad {number}") == 401
    assert gate.figures() == {"keys": 1, "unknown": MAX_CACHED_KEYS, "limits": 0, "lookups": 0}
    assert await status(gate, "good") == 200
    assert keys.asked.count("good") == 1


async def test_known_keys_and_their_limits_are_remembered_up_to_a_bound() -> None:
    gate = Authenticator(Keys().find)
    for number in range(MAX_CACHED_KEYS + 50):
        key = await gate.admit(f"good {number}")
        gate.limit(key, 1)
    assert gate.figures() == {"keys": MAX_CACHED_KEYS, "unknown": 0, "limits": MAX_CACHED_KEYS, "lookups": 0}


async def test_who_shows_the_same_key_waits_for_the_same_answer() -> None:
    keys = Keys()
    keys.open.clear()
    gate = Authenticator(keys.find)
    waiting = [asyncio.create_task(status(gate, "good")) for _ in range(50)]
    await asyncio.sleep(0.05)
    assert gate.figures()["lookups"] == 1
    keys.open.set()
    assert await asyncio.gather(*waiting) == [200] * 50
    assert keys.asked == ["good"]


async def test_more_keys_at_the_same_time_than_may_be_looked_up_are_told_to_slow_down() -> None:
    keys = Keys()
    gate = Authenticator(keys.find)
    assert await status(gate, "good") == 200
    keys.open.clear()
    waiting = await flood(gate)
    assert gate.figures()["lookups"] == MAX_LOOKUPS
    assert await status(gate, "one more") == 503
    assert await status(gate, "good") == 200, "who is remembered comes in"
    keys.open.set()
    assert await asyncio.gather(*waiting) == [401] * MAX_LOOKUPS
    assert gate.figures()["lookups"] == 0


async def test_a_known_key_comes_in_while_it_is_looked_up_anew_behind_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "KEY_REFRESH_AGE", 0.0)
    keys = Keys()
    gate = Authenticator(keys.find)
    assert await status(gate, "good") == 200
    keys.open.clear()
    waiting = await flood(gate)
    assert [await status(gate, "good") for _ in range(20)] == [200] * 20
    await asyncio.sleep(0.05)
    assert keys.asked.count("good") == 2, "one question more, which waits for no other"
    keys.open.set()
    assert await asyncio.gather(*waiting) == [401] * MAX_LOOKUPS


async def test_a_key_that_is_too_old_waits_for_its_answer_and_not_for_the_flood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auth, "KEY_LIFETIME", 0.05)
    keys = Keys()
    gate = Authenticator(
        lambda secret: keys.find(secret) if secret.startswith("bad") else Key(secret, SCOPES, None, 0.0)
    )
    assert await status(gate, "good") == 200
    keys.open.clear()
    waiting = await flood(gate, 0.1)
    assert await status(gate, "good") == 200
    keys.open.set()
    await asyncio.gather(*waiting)


async def test_a_revoked_key_ends_no_later_than_its_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "KEY_LIFETIME", 0.2)
    monkeypatch.setattr(auth, "KEY_REFRESH_AGE", 0.1)
    known: dict[str, Key | None] = {"good": Key("good", SCOPES, None, 0.0)}
    gate = Authenticator(known.get)
    assert await status(gate, "good") == 200
    known.clear()
    await asyncio.sleep(0.25)
    assert await status(gate, "good") == 401


async def test_after_a_failure_nobody_waits_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CIRCUIT_OPEN_SECONDS", 0.1)
    keys = Keys()
    keys.broken = True
    gate = Authenticator(keys.find)
    assert [await status(gate, name) for name in ("good", "good", "other")] == [503] * 3
    assert keys.asked == ["good"]
    keys.broken = False
    await asyncio.sleep(0.11)
    assert await status(gate, "good") == 200


async def test_a_secret_that_is_too_long_is_no_key_and_is_not_looked_up() -> None:
    keys = Keys()
    assert await status(Authenticator(keys.find), "good" * 100) == 401
    assert keys.asked == []
