"""A MongoDB-compatible server and a chat application that writes into it fast, both for the benchmarks."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import DeleteMany, DeleteOne, InsertOne, UpdateOne

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from mongodb import Chat, Mongo

__all__ = ["Chat", "Mongo", "changes", "sessions", "write"]
TURNS = 12
Write = tuple[str, Any]
"""A collection, and what is written to it."""
BEGIN = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=2)
WAIT = 2_500
"""ms from a question to its whole answer."""


def sessions(count: int, first: int = 0, together: int = 250) -> Iterator[Write]:
    """The writes of so many sessions, `together` at a time turn by turn; each twentieth is deleted at its end."""
    for start in range(first, first + count, together):
        numbers = range(start, min(start + together, first + count))
        begun = {number: BEGIN + timedelta(seconds=number % 100_000) for number in numbers}
        yield from (("chat_sessions", InsertOne(_session(f"session-{n}", n, at))) for n, at in begun.items())
        for turn in range(TURNS):
            made = [_turn(number, turn, at + timedelta(seconds=30 * turn)) for number, at in begun.items()]
            yield from (("chat_messages", one) for inserts, _, _ in made for one in inserts)
            yield from (("chat_messages", update) for _, update, _ in made)
            yield from (("token_usage", record) for _, _, record in made)
        gone = [f"session-{number}" for number in numbers if number % 20 == 19]
        yield from (("chat_messages", DeleteMany({"session_id": name})) for name in gone)
        yield from (("chat_sessions", DeleteOne({"id": name})) for name in gone)


def _session(name: str, number: int, at: datetime) -> dict[str, Any]:
    return {
        "id": name, "user_id": f"user-{number % 500}", "session_type": "GENERAL", "title": "words", "is_active": True,
        "message_count": 2 * TURNS, "total_tokens": 100 * TURNS, "total_cost": 0.0, "knowledge_base_ids": [],
        "last_message_at": at, "created_at": at, "updated_at": at,
    }  # fmt: skip


def _turn(number: int, turn: int, at: datetime) -> tuple[list[Any], Any, Any]:
    """A question and the answer that does not exist yet; the answer; the record of its tokens."""
    session, id = f"session-{number}", f"session-{number}-{turn}"
    begun, done = at + timedelta(milliseconds=20), at + timedelta(milliseconds=WAIT)
    known: dict[str, Any] = {"session_id": session, "user_id": f"user-{number % 500}"}
    known |= {"tool_invocations": [], "token_usage": None}
    question = {"id": f"{id}-q", "role": "USER", "content": "words " * 20, "status": "COMPLETED", "created_at": at}
    answer = {"id": f"{id}-a", "role": "ASSISTANT", "content": "", "status": "PENDING", "created_at": begun}
    whole = {"content": "words " * 50, "status": "COMPLETED", "updated_at": done}
    inserts = [
        InsertOne(known | question | {"updated_at": at}),
        InsertOne(known | answer | {"updated_at": begun}),
    ]
    tokens = {"total_tokens": 100, "prompt_tokens": 40, "completion_tokens": 60, "cost": 0.0, "model": "llama3.2"}
    record = {"id": f"{id}-t", "message_id": f"{id}-a", "session_id": session, "endpoint": "ollama"}
    return inserts, UpdateOne({"id": f"{id}-a"}, {"$set": whole}), InsertOne(record | tokens | {"created_at": done})


def changes(count: int) -> int:
    """The number of sessions that make about so many changes."""
    return max(1, count // (1 + 4 * TURNS))


def write(database: Any, writes: Iterator[Write], size: int = 1_000) -> Iterator[int]:
    """Write in the order given, in bulk; after each bulk how many writes it was."""
    waiting: list[Write] = []
    for one in writes:
        if waiting and (one[0] != waiting[0][0] or len(waiting) == size):
            yield _flush(database, waiting)
            waiting = []
        waiting.append(one)
    if waiting:
        yield _flush(database, waiting)


def _flush(database: Any, waiting: list[Write]) -> int:
    database[waiting[0][0]].bulk_write([operation for _, operation in waiting])
    return len(waiting)


def index(database: Any) -> None:
    """As the application has it."""
    for name in ("chat_sessions", "chat_messages", "token_usage"):
        database[name].create_index("id", unique=True)
    for name in ("chat_messages", "token_usage"):
        database[name].create_index("session_id")
