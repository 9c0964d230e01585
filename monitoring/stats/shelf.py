"""What a batch of entries works on: rows that were loaded or made, and their order within each session."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from monitoring.stats.message import Message, Place
from monitoring.stats.session import Session

Key = tuple[int, str]


class Far(Protocol):
    """The rows that are not on the shelf."""

    def before(self, session: int, at: int, id: str) -> Message | None: ...
    def after(self, session: int, at: int, id: str) -> Message | None: ...
    def session(self, key: int) -> Session: ...


@dataclass(slots=True)
class Vote:
    """The fields of the row of the same name."""

    key: int
    digest: bytes
    session: int
    value: str
    at: int


@lru_cache(maxsize=50_000)
def short(text: str) -> bytes:
    """16 bytes that stand for a foreign id."""
    return sha256(text.encode()).digest()[:16]


class Shelf:
    """Rows by digest. A message found far away is put on the shelf, for its neighbour may change it."""

    def __init__(self, far: Far) -> None:
        self._far = far
        self.sessions: dict[bytes, Session] = {}
        self.messages: dict[bytes, Message] = {}
        self.votes: dict[bytes, Vote] = {}
        self._sessions_by_key: dict[int, Session] = {}
        self._order: dict[int, list[Key]] = defaultdict(list)
        self._at: dict[tuple[int, Key], Message] = {}

    def add_session(self, session: Session) -> Session:
        self.sessions[session.digest] = session
        self._sessions_by_key[session.key] = session
        return session

    def add_message(self, message: Message) -> Message:
        self.messages[message.digest] = message
        if message.role:
            self.place(message)
        return message

    def session(self, name: str, position: int) -> Session:
        """The session of this name; a new one gets `position` as its key."""
        digest = short(name)
        return self.sessions.get(digest) or self.add_session(Session(position, digest, name, position=position))

    def session_of(self, message: Message) -> Session:
        """The session in which a placed message stands."""
        key = message.session or 0
        return self._sessions_by_key.get(key) or self.add_session(self._far.session(key))

    def message(self, name: str, position: int) -> Message:
        """The message of this id; a new one gets `position` as its key."""
        digest = short(name)
        return self.messages.get(digest) or self.add_message(Message(position, digest, name, position=position))

    def place(self, message: Message) -> None:
        """Put a message in its session's order."""
        session, key = message.session or 0, message.place[:2]
        insort(self._order[session], key)
        self._at[session, key] = message

    def displace(self, message: Message) -> None:
        """Take it out of the order again."""
        session, key = message.session or 0, message.place[:2]
        order = self._order[session]
        del order[bisect_left(order, key)]
        del self._at[session, key]

    def before(self, session: int, place: Place) -> Message | None:
        """The message right before a place in a session."""
        order = self._order[session]
        index = bisect_left(order, place[:2]) - 1
        here = order[index] if index >= 0 else None
        there = self._distant(session, place[:2], self._far.before)
        return self._at[session, max(here, there)] if here and there else self._one(session, here or there)

    def after(self, session: int, place: Place) -> Message | None:
        """The message right after it."""
        order = self._order[session]
        index = bisect_right(order, place[:2])
        here = order[index] if index < len(order) else None
        there = self._distant(session, place[:2], self._far.after)
        return self._at[session, min(here, there)] if here and there else self._one(session, here or there)

    def _one(self, session: int, key: Key | None) -> Message | None:
        return self._at[session, key] if key else None

    def _distant(self, session: int, key: Key, look: Callable[[int, int, str], Message | None]) -> Key | None:
        """The nearest stored one that still stands where it is stored; on the shelf afterwards."""
        while found := look(session, key[0], key[1]):
            key = found.place[:2]
            held = self.messages.get(found.digest)
            if held is None:
                self.add_message(found)
                return key
            if self._at.get((session, key)) is held:
                return key
        return None
