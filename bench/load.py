"""Senders that tell of everything at once: in order, late, again, revised; and remember what was acknowledged."""

import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bench.events import event, stamp
from bench.sender import Refused, Sender

SIZE, PAUSE = 40, 0.02
GIVEN_UP = 0.3
"""Of the batches that were under way when the server died this share is never sent again."""
KINDS = {"message": 60, "revision": 15, "tokens": 9, "vote": 8, "started": 3, "ended": 3, "operation": 2}
"""The share of each, %."""


@dataclass
class Load:
    """The result of all senders together. `fault` is the first thing that should not happen."""

    port: int
    key: str
    stop: threading.Event = field(default_factory=threading.Event)
    answers: int = 0
    acknowledged: set[str] = field(default_factory=set)
    under_way: set[str] = field(default_factory=set)
    position: int = 0
    fault: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, worker: int) -> None:
        """One sender's life."""
        sender, chance, number = Sender(self.port, self.key), random.Random(worker), 0
        try:
            while not self.stop.is_set():
                self._deliver(sender, chance, made(worker, number, chance))
                number += 1
                time.sleep(PAUSE)
        except Exception as error:
            self.fault = self.fault or f"a sender ended: {type(error).__name__}: {error}"
        finally:
            sender.connection.close()

    def _deliver(self, sender: Sender, chance: random.Random, events: list[dict[str, Any]]) -> None:
        """Until it is answered; some are given up when the connection broke."""
        body, ids = json.dumps(events).encode(), {found["id"] for found in events}
        while not self.stop.is_set():
            try:
                answer = sender.post(body)
            except Refused as refusal:
                if refusal.status not in (429, 503):
                    raise
                self._broken(ids)
            except ConnectionRefusedError:
                pass
            except ConnectionError:
                self._broken(ids)
                if chance.random() < GIVEN_UP:
                    return
            else:
                self._answered(ids, answer)
                return
            time.sleep(0.05)

    def _broken(self, ids: set[str]) -> None:
        with self._lock:
            self.under_way |= ids

    def _answered(self, ids: set[str], answer: dict[str, Any]) -> None:
        if answer["rejected"] or answer["accepted"] + answer["duplicate"] < len(ids):
            raise RuntimeError(f"not all were taken: {str(answer)[:300]}")
        with self._lock:
            self.acknowledged |= ids
            self.position = max(self.position, answer["position"])
            self.answers += 1


def made(worker: int, number: int, chance: random.Random) -> list[dict[str, Any]]:
    """A batch of everything: sessions, messages in order, late, pending and revised, tokens, votes, operations."""
    now = time.time()
    return [one(worker, f"k{worker}-{number}-{index}", now, chance) for index in range(SIZE)]


def one(worker: int, id: str, now: float, chance: random.Random) -> dict[str, Any]:
    session = f"session-{chance.randrange(60)}"  # all senders speak of the same ones
    late = chance.choice((0, 0, 0, 0.5, 3, 30))
    at = f"{stamp(now - late)}{chance.randrange(1000):03d}Z"
    person = f"person-{chance.randrange(20)}"
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    known = f"m{worker}-{chance.randrange(400)}"
    if kind == "message":
        return event(id, "message", at, message(f"m-{id}", session, person, chance, at))
    if kind == "revision":  # the same few messages again and again, now in this state, now in that
        return event(id, "message", at, message(known, f"session-{worker}", person, chance, at))
    if kind == "tokens":
        data = {"message_id": known, "session_id": session, "model": "n", "cost": 0.002}
        return event(id, "token_usage", at, data | {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12})
    if kind == "vote":
        value = chance.choice(("up", "down", "none"))
        return event(id, "vote", at, {"message_id": known, "session_id": session, "user_id": person, "value": value})
    if kind == "started":
        return event(id, "session.started", at, {"session_id": session, "user_id": person, "session_type": "chat"})
    if kind == "ended":
        reason = chance.choice(("closed", "timeout", "error"))
        return event(id, "session.ended", at, {"session_id": session, "reason": reason})
    outcome = chance.choice(("ok", "failed", "timeout"))
    return event(id, "operation", at, {"operation": "search", "outcome": outcome, "session_id": session})


def message(id: str, session: str, person: str, chance: random.Random, at: str) -> dict[str, Any]:
    data: dict[str, Any] = {"message_id": id, "session_id": session, "user_id": person, "model": chance.choice("mno")}
    data |= {"role": chance.choice(("user", "assistant", "assistant", "system", "tool")), "cost": 0.0001}
    data |= {"status": chance.choice(("completed", "completed", "pending", "failed")), "prompt_tokens": 10}
    return data | ({"completed_at": at} if chance.random() < 0.3 else {}) | {"completion_tokens": 20}
