"""The chat application's MongoDB: how fast its history is read, and how soon a change is a figure.

The server is secantusdb, a stand-in that speaks the wire protocol: nothing here says how fast a MongoDB is.
"""

import http.client
import json
import time
from datetime import UTC, datetime
from typing import Any

from bench.chat import Chat, Mongo, index, sessions, write
from bench.figures import Benchmark, Spec, Values, percentile
from bench.plan import Plan
from bench.server import PATIENCE, Server, end, wait_until

SESSIONS = (500, 200, 4)
CHANGES = (40, 20, 3)
SETTLE = (2.0, 2.0, 0.0)
PAUSE = 0.05
SHORTEST = 0.001
"""Seconds that reading takes at least: very little takes no longer than nothing."""
DATABASE = "brain"
FOLLOWS = "following the database"


def filled(mongo: Mongo, count: int) -> None:
    with mongo.client() as client:
        index(client[DATABASE])
        for _ in write(client[DATABASE], sessions(count)):
            pass


def bare(mongo: Mongo) -> tuple[int, float]:
    """Documents, and documents a second when nothing is done with them."""
    began, count = time.monotonic(), 0
    with mongo.client() as client:
        for name in ("chat_sessions", "chat_messages", "token_usage"):
            count += sum(1 for _ in client[DATABASE][name].find({}, {"content": 0, "title": 0}, batch_size=1_000))
    return count, count / (time.monotonic() - began)


def history(server: Server, mongo: Mongo, extra: dict[str, str]) -> dict[str, float]:
    """Messages and documents a second, read and folded by a server that runs. The command's start and end, which take
    as long when there is nothing to read, do not count: they are measured by running it again."""
    began = time.monotonic()
    server.manage("follow_mongodb", "--once", extra=extra).check_returncode()
    read = time.monotonic() - began
    server.await_folded(server.health()["head"], 300)
    folded = time.monotonic() - began
    began = time.monotonic()
    server.manage("follow_mongodb", "--once", extra=extra).check_returncode()
    idle = time.monotonic() - began
    with mongo.client() as client:
        messages = client[DATABASE].chat_messages.estimated_document_count()
    documents, rate = bare(mongo)
    read, folded = max(SHORTEST, read - idle), max(SHORTEST, folded - idle)
    return {"read": messages / read, "folded": messages / folded, "documents": documents / read, "bare": rate}


class Reader:
    """Asks for a session's figures on one connection, again and again."""

    def __init__(self, server: Server) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._headers = {"Authorization": f"Bearer {server.first['read_key']}"}

    def figures(self, session: str) -> dict[str, Any]:
        self._line.request("GET", f"/api/v1/sessions/{session}/statistics", headers=self._headers)
        answer = self._line.getresponse()
        body = answer.read()
        return dict(json.loads(body)) if answer.status == 200 else {}

    def close(self) -> None:
        self._line.close()


def delays(server: Server, mongo: Mongo, plan: Plan) -> list[float]:
    """Seconds from the end of an update in MongoDB until a REST answer has it."""
    found = []
    with mongo.client() as client:
        chat, reader, now = Chat(client[DATABASE]), Reader(server), datetime.now(UTC)
        chat.session("late", "alice", now)
        chat.ask("first", "late", "alice", now)
        wait_until(lambda: reader.figures("late").get("pending_messages") == 1, PATIENCE, "the first change")
        time.sleep(plan.of(SETTLE))
        for number in range(plan.of(CHANGES)):
            chat.message(f"late-{number}", "late", "alice", "user", "COMPLETED", datetime.now(UTC), "words")
            began = time.monotonic()
            while reader.figures("late")["user_messages"] < number + 2:
                time.sleep(0.005)
            found.append(time.monotonic() - began)
            time.sleep(PAUSE)
        reader.close()
    return found


def measure(plan: Plan) -> Values:
    """One run: the history by a command, then changes by a follower beside the server."""
    with plan.services.mongodb() as mongo, plan.services.server(plan.server) as server:
        extra = {"CHAT_MONGODB_URL": mongo.url, "CHAT_MONGODB_DATABASE": DATABASE}
        filled(mongo, plan.of(SESSIONS))
        read = history(server, mongo, extra)
        follower = server.begin("follow_mongodb", says=FOLLOWS, extra=extra)
        try:
            waited = delays(server, mongo, plan)
        finally:
            end(follower)
    return read | {"p50": percentile(waited, 0.5) * 1000, "p95": percentile(waited, 0.95) * 1000}


BENCHMARK = Benchmark(
    "mongo",
    (
        Spec("history: messages read", "read", "messages/s"),
        Spec("history: messages folded", "folded", "messages/s"),
        Spec("history: documents, against bare reading", "documents", "documents/s", "bare"),
        Spec("change to figure, p50", "p50", "ms"),
        Spec("change to figure, p95", "p95", "ms"),
    ),
    measure,
    seconds=70,
)
