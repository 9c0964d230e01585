"""Good senders for tests in which something breaks: each sends its batch again until it is acknowledged."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any

from running import FIRST_RUN, FOLDED, Server, event, until

SOURCE = "/tests"


@dataclass(frozen=True)
class Try:
    """One request: when it began and ended (monotonic s), the answer's status (0: none), and Retry-After."""

    began: float
    ended: float
    status: int
    retry_after: str = ""
    words: str = ""

    @property
    def took(self) -> float:
        return self.ended - self.began


@dataclass
class Senders:
    """So many threads that send batches of messages; what was acknowledged, and every try."""

    server: Server
    threads: int = 4
    batch: int = 5
    padding: int = 0
    acknowledged: set[str] = field(default_factory=set)
    tries: list[Try] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def sending(self) -> Iterator["Senders"]:
        lines = [threading.Thread(target=self._send, args=(number,)) for number in range(self.threads)]
        for line in lines:
            line.start()
        try:
            yield self
        finally:
            self.stop.set()
            for line in lines:
                line.join()

    def _send(self, worker: int) -> None:
        for number in count():
            names = [f"{self.server.port}-{worker}-{number}-{n}" for n in range(self.batch)]
            body = json.dumps([self._event(worker, name) for name in names]).encode()
            while (one := self._try(body)).status != 200:
                if self.stop.wait(0.1):
                    return
            self.acknowledged.update(names)
            if one.status != 200 or self.stop.wait(0.005):
                return

    def _event(self, worker: int, name: str) -> dict[str, Any]:
        session = f"{self.server.port}-{worker}{'x' * self.padding}"
        data = {"message_id": name, "session_id": session, "role": "user", "status": "completed", "user_id": "alice"}
        return event("message", data, datetime.now(UTC), id=name)

    def _try(self, body: bytes) -> Try:
        began = time.monotonic()
        try:
            answer = self.server.send(body)
            again = answer.headers.get("Retry-After", "")
            one = Try(began, time.monotonic(), answer.status, again, answer.body[:300].decode())
        except OSError as error:
            one = Try(began, time.monotonic(), 0, words=str(error))
        self.tries.append(one)
        return one

    def statuses(self, since: float = 0.0) -> Counter[int]:
        return Counter(one.status for one in list(self.tries) if one.ended >= since)

    def refused(self, since: float, status: int = 503) -> Try:
        """The first refusal that ended after a moment; waits for it."""
        found: Try = until(
            lambda: next((t for t in list(self.tries) if t.ended > since and t.status == status), None), 30
        )
        return found

    def taken(self, since: float, seconds: float = 60) -> Try:
        """The first request that began after a moment and was acknowledged; waits for it."""
        found: Try = until(
            lambda: next((t for t in list(self.tries) if t.began > since and t.status == 200), None), seconds
        )
        return found

    @property
    def longest(self) -> float:
        return max(one.took for one in self.tries)


def settled(server: Server) -> None:
    """Everything in the journal is counted."""
    until(lambda: all(not stage["behind"] for stage in server.get("/api/v1/health").json["stages"].values()), 90)


def right(server: Server, senders: Senders) -> None:
    """Acknowledged is in the journal, each once; it verifies; the figures are those of the journal. Ends the server."""
    settled(server)
    server.stop()
    there = Counter(bytes(digest) for _, digest in server.tables.find("journal_entry", "position", "digest"))
    assert senders.acknowledged
    missing = [n for n in senders.acknowledged if sha256(f"{SOURCE}\0{n}".encode()).digest()[:16] not in there]
    assert not missing, f"{len(missing)} acknowledged events are missing"
    assert max(there.values()) == 1
    assert "entries verify" in server.manage("verify_journal")
    assert server.tables.count("stats_message") == len(there) - FIRST_RUN
    before = {table: server.rows(table) for table in FOLDED}
    server.manage("rebuild")
    for table, rows in before.items():
        assert server.rows(table) == rows, table
