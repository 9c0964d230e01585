"""A MongoDB-compatible server in a process of its own, and a chat database written as the application writes it."""

import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from running import free_port

SERVER = Path(__file__).with_name("mongodb_server.py")
SECRET = "SECRET-TEXT"
_numbers = count(1)
Clock = Callable[[], datetime]


@dataclass
class Mongo:
    """The server; it can be stopped and started again on the same data and port. `options` are its own."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="sbdash-mongo-")))
    port: int = field(default_factory=free_port)
    options: dict[str, Any] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/"

    def start(self) -> "Mongo":
        words = [sys.executable, str(SERVER), str(self.port), str(self.folder), repr(self.options)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"
        return self

    def end(self) -> None:
        """Stop it in order, and leave its folder."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(20)
        self.kill()

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()
            self.process = None

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self) -> "MongoClient[dict[str, Any]]":
        return MongoClient(self.url, serverSelectionTimeoutMS=10_000)

    def database(self, template: str = "", name: str = "") -> str:
        """The address of a new database; with everything that a template holds, and its indexes."""
        name = name or f"t{next(_numbers)}"
        with self.client() as client:
            for table in client[template].list_collection_names() if template else ():
                copied(client[template][table], client[name].create_collection(table))
        return f"{self.url}{name}"


def copied(one: Any, other: Any) -> None:
    """Copy a collection's documents and indexes."""
    found = list(one.find())
    if found:
        other.insert_many(found)
    for name, index in one.index_information().items():
        if name != "_id_":
            other.create_index(index["key"], name=name, unique=index.get("unique", False))


def naive(moment: datetime) -> datetime:
    """As the application writes times: UTC without saying so, to the millisecond."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class Chat:
    """The application: what it inserts and updates, in the order in which it does."""

    database: Any
    upper: bool = True

    def session(self, id: str, user: str, at: datetime, **more: Any) -> str:
        document = {
            "id": id, "user_id": user, "session_type": "GENERAL", "title": f"{SECRET}-TITLE", "message_count": 0,
            "total_tokens": 0, "total_cost": 0.0, "last_message_at": None, "knowledge_base_ids": [],
            "created_at": naive(at), "updated_at": naive(at), "is_active": True,
        }  # fmt: skip
        self.database.chat_sessions.insert_one(document | more)
        return id

    def message(self, id: str, session: str, user: str, role: str, status: str, at: datetime, content: str) -> None:
        document: dict[str, Any] = {
            "id": id, "session_id": session, "user_id": user, "role": role.upper() if self.upper else role.lower(),
            "content": content, "status": status, "tool_invocations": [], "sql_queries": [], "task_sequence": None,
            "token_usage": None, "created_at": naive(at), "updated_at": naive(at),
        }  # fmt: skip
        self.database.chat_messages.insert_one(document)

    def ask(self, id: str, session: str, user: str, at: datetime) -> None:
        """A question, and the answer that does not exist yet."""
        self.message(f"{id}-q", session, user, "user", "COMPLETED", at, f"{SECRET}-QUESTION")
        self.message(f"{id}-a", session, user, "assistant", "PENDING", at + timedelta(milliseconds=20), "")

    def answer(self, id: str, session: str, at: datetime, status: str = "COMPLETED", tokens: int = 100) -> None:
        """The answer is whole; its tokens are counted."""
        whole = {"content": f"{SECRET}-ANSWER", "status": status, "updated_at": naive(at)}
        self.database.chat_messages.update_one({"id": f"{id}-a"}, {"$set": whole})
        if status == "COMPLETED" and tokens:
            self.usage(id, session, at, tokens)

    def usage(self, id: str, session: str, at: datetime, tokens: int) -> None:
        document: dict[str, Any] = {
            "id": str(uuid.uuid4()), "message_id": f"{id}-a", "session_id": session, "endpoint": "ollama",
            "total_tokens": tokens, "prompt_tokens": tokens * 2 // 5, "completion_tokens": tokens - tokens * 2 // 5,
            "cost": 0.0, "model": "llama3.2:latest", "created_at": naive(at),
        }  # fmt: skip
        self.database.token_usage.insert_one(document)

    def vote(self, message: str, user: str, value: str, at: datetime) -> None:
        document = {"id": str(uuid.uuid4()), "message_id": message, "user_id": user, "vote_type": value}
        self.database.message_votes.insert_one(document | {"created_at": naive(at), "updated_at": naive(at)})

    def delete(self, session: str) -> None:
        """Messages first, then the session, as the application does."""
        self.database.chat_messages.delete_many({"session_id": session})
        self.database.chat_sessions.delete_one({"id": session})

    def count(self, session: str) -> None:
        """What the application computes itself after each answer: it reads the whole session again."""
        rows = list(self.database.chat_messages.find({"session_id": session}))
        usages = list(self.database.token_usage.find({"session_id": session}))
        figures = {
            "message_count": len(rows),
            "total_tokens": sum(row["total_tokens"] for row in usages),
            "total_cost": sum(row["cost"] for row in usages),
            "last_message_at": max((row["created_at"] for row in rows), default=None),
        }
        self.database.chat_sessions.update_one({"id": session}, {"$set": figures})
