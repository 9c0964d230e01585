"""The events of a soak: conversations in order, a few messages late, revised or sent again, votes, token usage.

At an even rate, to whichever web process answers, again and again until one does. What was acknowledged is kept."""

import json
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.events import event, stamp
from bench.sender import Refused, Sender

SENDERS, SIZE = 16, 50
SESSIONS, SHARED = 20, 20
"""Sessions that one sender speaks of alone, and those of which all do."""
AGAIN, LATE = 0.02, 0.03
"""Shares of the events that are sent a second time, and of messages that come late."""
KINDS = {"message": 80, "revision": 6, "tokens": 8, "vote": 3, "operation": 1, "started": 1, "ended": 1}
"""The share of each, %."""
CATCH_UP = 2.0
"""Times the rate at which is sent what an outage held up."""
PAUSE = 0.1
PREFIX = "k"


@dataclass(frozen=True, slots=True)
class Post:
    """An acknowledged batch: whose, which, where, when begun and ended (monotonic), and the position in the answer."""

    sender: int
    number: int
    web: int
    began: float
    ended: float
    position: int


@dataclass
class Load:
    """All senders. `fault` is the first thing that should not happen, `failed` counts tries without an answer."""

    ports: Sequence[int]
    key: str
    rate: float
    stop: threading.Event = field(default_factory=threading.Event)
    posts: list[Post] = field(default_factory=list)
    begun: list[int] = field(default_factory=lambda: [0] * SENDERS)
    failed: int = 0
    again: int = 0
    fault: str = ""
    given_up: bool = False
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """No further batches; those under way are delivered first."""
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def abandon(self) -> None:
        """Give up what is not delivered."""
        self.given_up = True
        self.end()

    def _run(self, sender: int) -> None:
        talk, every = Talk(sender), SIZE * SENDERS / self.rate
        lines = [Sender(port, self.key) for port in self.ports]
        due = time.monotonic() + every * sender / SENDERS
        try:
            while not self.stop.wait(max(0.0, due - time.monotonic())):
                number, self.begun[sender] = self.begun[sender], self.begun[sender] + 1
                before = time.monotonic()
                self._deliver(lines, sender, number, talk.batch(number))
                due = max(due + every, before + every / CATCH_UP)
        except Exception as error:
            self.fault = self.fault or f"a sender ended: {type(error).__name__}: {error}"
        finally:
            self.again += talk.again
            for line in lines:
                line.connection.close()

    def _deliver(self, lines: Sequence[Sender], sender: int, number: int, events: Sequence[dict[str, Any]]) -> None:
        """Until it is answered, also when the soak ends meanwhile; after a failure by the other web process."""
        body, web = json.dumps(events).encode(), (sender + number) % len(lines)
        while not self.given_up:
            began = time.monotonic()
            try:
                answer = lines[web].post(body)
            except Refused as refusal:
                if refusal.status not in (429, 503):
                    raise
            except OSError:
                pass
            else:
                if answer["rejected"] or answer["accepted"] + answer["duplicate"] != len(events):
                    raise RuntimeError(f"not all were taken: {str(answer)[:300]}")
                self.posts.append(Post(sender, number, web, began, time.monotonic(), answer["position"]))
                return
            self.failed += 1
            web = (web + 1) % len(lines)
            time.sleep(PAUSE)


class Talk:
    """The events of one sender; it remembers a few, to revise and repeat them."""

    def __init__(self, sender: int) -> None:
        self.sender, self.chance, self.again = sender, random.Random(sender), 0
        self.messages: deque[dict[str, Any]] = deque(maxlen=400)
        self.sent: deque[dict[str, Any]] = deque(maxlen=1_000)
        self.turns: dict[str, int] = {}

    def batch(self, number: int) -> list[dict[str, Any]]:
        """SIZE events that are new, and some that were sent before."""
        now = time.time()
        new = [self._one(f"{PREFIX}{self.sender}-{number}-{index}", now + index / 10_000) for index in range(SIZE)]
        old = [self.chance.choice(self.sent) for _ in range(SIZE) if self.sent and self.chance.random() < AGAIN]
        self.again += len(old)
        self.sent.extend(new)
        return new + old

    def _one(self, id: str, now: float) -> dict[str, Any]:
        chance = self.chance
        kind = chance.choices(list(KINDS), list(KINDS.values()))[0] if self.messages else "message"
        session = self._session()
        at = f"{stamp(now)}{chance.randrange(1000):03d}Z"
        if kind == "message":
            return self._message(id, session, now)
        if kind == "revision":
            old = chance.choice(self.messages)
            return event(id, "message", at, old | {"status": chance.choice(("completed", "failed"))})
        about = chance.choice(self.messages)
        known = {"message_id": about["message_id"], "session_id": about["session_id"]}
        if kind == "tokens":
            usage = {"model": "n", "cost": 0.002, "prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
            return event(id, "token_usage", at, known | usage)
        if kind == "vote":
            value = chance.choice(("up", "down", "none"))
            return event(id, "vote", at, known | {"user_id": about["user_id"], "value": value})
        if kind == "operation":
            data = {"operation": "search", "outcome": chance.choice(("ok", "failed")), "session_id": session}
            return event(id, "operation", at, data)
        if kind == "started":
            return event(id, "session.started", at, {"session_id": session, "user_id": "u1", "session_type": "chat"})
        return event(id, "session.ended", at, {"session_id": session, "reason": "closed"})

    def _session(self) -> str:
        if self.chance.random() < 0.1:
            return shared_session(self.chance.randrange(SHARED))
        return own_session(self.sender, self.chance.randrange(SESSIONS))

    def _message(self, id: str, session: str, now: float) -> dict[str, Any]:
        chance, turn = self.chance, self.turns.get(session, 0)
        self.turns[session] = turn + 1
        late = chance.choice((0.5, 3, 30)) if chance.random() < LATE else 0
        at = f"{stamp(now - late)}{chance.randrange(1000):03d}Z"
        data: dict[str, Any] = {"message_id": f"m-{id}", "session_id": session, "user_id": f"u{hash(session) % 97}"}
        data |= {"role": "assistant" if turn % 2 else "user", "model": chance.choice("mno"), "cost": 0.0001}
        data |= {"status": "completed" if turn % 2 == 0 or chance.random() < 0.9 else "pending"}
        data |= {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
        self.messages.append(data)
        return event(id, "message", at, data)


def shared_session(number: int) -> str:
    return f"shared-{number}"


def own_session(sender: int, number: int) -> str:
    return f"session-{sender}-{number}"
