"""What a batch of entries works on: rows that were loaded or made, and their order within each session. Pure."""

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

from monitoring.events.ids import short
from monitoring.stats.message import Message, Place
from monitoring.stats.operation import Operation
from monitoring.stats.session import Session

Key = tuple[int, str]
Placed = tuple[int, str, Message]
"""A message and its place in a session's order; no two have the same."""


class Repository(Protocol):
    """The rows that are not on the shelf."""

    def before(self, session: int, at: int, id: str) -> tuple[bytes, Place] | None: ...
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
    message_id: str = ""


class WorkingSet:
    """Rows by digest. A message found far away is put on the shelf, for its neighbour may change it."""

    def __init__(self, far: Repository) -> None:
        self._far = far
        self.sessions: dict[bytes, Session] = {}
        self.messages: dict[bytes, Message] = {}
        self.votes: dict[bytes, Vote] = {}
        self.operations: list[Operation] = []
        self._sessions_by_key: dict[int, Session] = {}
        self._new: set[int] = set()
        self._order: dict[int, list[Placed]] = defaultdict(list)

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
        held = self.sessions.get(digest)
        if held is None:
            held = self.add_session(Session(position, digest, name, position=position))
            self._new.add(position)
        return held

    def session_of(self, message: Message) -> Session:
        """The session in which a placed message stands."""
        key = message.session or 0
        return self._sessions_by_key.get(key) or self.add_session(self._far.session(key))

    def message(self, name: str, position: int, part: int) -> Message:
        """The message of this id; a new one gets `position` as its key, and belongs to this part."""
        digest = short(name)
        held = self.messages.get(digest)
        if held is None:
            held = self.messages[digest] = Message(position, digest, name, position=position, part=part)
        return held

    def place(self, message: Message) -> None:
        """Put a message in its session's order."""
        insort(self._order[message.session or 0], (message.at or 0, message.message_id, message))

    def displace(self, message: Message) -> None:
        """Take it out of the order again."""
        order = self._order[message.session or 0]
        del order[bisect_left(order, message.key_in_order)]

    def beside(self, session: int, key: Key) -> tuple[Place | None, Message | None]:
        """The place right before one in a session that no message holds, and the message right after it."""
        order = self._order[session]
        index = bisect_left(order, key)
        left = order[index - 1][2].place if index else None
        right = order[index][2] if index < len(order) else None
        if session in self._new:
            return left, right
        before, after = self._stored_before(session, key), self._stored_after(session, key)
        left = max(left, before) if left and before else left or before
        right = min(right, after, key=_key) if right and after else right or after
        return left, right

    def _stands(self, message: Message, session: int, key: Key) -> bool:
        """Whether a message of the shelf stands at this place."""
        return message.session == session and message.key_in_order == key and bool(message.role)

    def _stored_before(self, session: int, key: Key) -> Place | None:
        """The nearest stored place whose message still stands there."""
        while found := self._far.before(session, *key):
            digest, place = found
            key = place[:2]
            held = self.messages.get(digest)
            if held is None:
                return place
            if self._stands(held, session, key):
                return held.place
        return None

    def _stored_after(self, session: int, key: Key) -> Message | None:
        """The nearest stored message that still stands where it is stored; on the shelf afterwards."""
        while found := self._far.after(session, *key):
            key = found.key_in_order
            held = self.messages.get(found.digest)
            if held is None:
                return self.add_message(found)
            if self._stands(held, session, key):
                return held
        return None


def _key(message: Message) -> Key:
    return message.key_in_order
