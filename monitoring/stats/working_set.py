"""The rows that a batch of entries changes, and the order of the messages in each session. Pure."""

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

from monitoring.events.ids import short
from monitoring.stats.message import Message, MessageOrder
from monitoring.stats.operation import Operation
from monitoring.stats.session import Session

OrderKey = tuple[int, str]
OrderEntry = tuple[int, str, Message]
"""(time, id, message): an entry of a session's order; each (time, id) occurs once."""


class Repository(Protocol):
    """Reads the rows that are not in the working set."""

    def before(self, session: int, at: int, id: str) -> tuple[bytes, MessageOrder] | None: ...
    def after(self, session: int, at: int, id: str) -> Message | None: ...
    def session(self, key: int) -> Session: ...


@dataclass(slots=True)
class Vote:
    """A row of `stats_vote`."""

    key: int
    digest: bytes
    session: int
    value: str
    at: int
    message_id: str = ""


class WorkingSet:
    """An identity map of rows by digest. A neighbour read from the repository is added, because counting may change
    it."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.sessions: dict[bytes, Session] = {}
        self.messages: dict[bytes, Message] = {}
        self.votes: dict[bytes, Vote] = {}
        self.operations: list[Operation] = []
        self._sessions_by_key: dict[int, Session] = {}
        self._new: set[int] = set()
        self._order: dict[int, list[OrderEntry]] = defaultdict(list)

    def add_session(self, session: Session) -> Session:
        self.sessions[session.digest] = session
        self._sessions_by_key[session.key] = session
        return session

    def add_message(self, message: Message) -> Message:
        self.messages[message.digest] = message
        if message.role:
            self.insert_in_order(message)
        return message

    def session(self, name: str, position: int) -> Session:
        """Returns the session with this id. A new session gets `position` as its key."""
        digest = short(name)
        session = self.sessions.get(digest)
        if session is None:
            session = self.add_session(Session(position, digest, name, position=position))
            self._new.add(position)
        return session

    def session_of(self, message: Message) -> Session:
        """Returns the session of a message that is in the order."""
        key = message.session or 0
        return self._sessions_by_key.get(key) or self.add_session(self._repository.session(key))

    def message(self, name: str, position: int, partition: int) -> Message:
        """Returns the message with this id. A new message gets `position` as its key, and this partition."""
        digest = short(name)
        message = self.messages.get(digest)
        if message is None:
            message = self.messages[digest] = Message(position, digest, name, position=position, partition=partition)
        return message

    def insert_in_order(self, message: Message) -> None:
        """Insert a message into its session's order."""
        insort(self._order[message.session or 0], (message.at or 0, message.message_id, message))

    def remove_from_order(self, message: Message) -> None:
        """Remove a message from its session's order."""
        order = self._order[message.session or 0]
        del order[bisect_left(order, message.order_key)]

    def neighbours(self, session: int, key: OrderKey) -> tuple[MessageOrder | None, Message | None]:
        """Returns the order of the message before a key, and the message after it. No message holds the key."""
        order = self._order[session]
        index = bisect_left(order, key)
        left = order[index - 1][2].order if index else None
        right = order[index][2] if index < len(order) else None
        if session in self._new:
            return left, right
        before, after = self._stored_before(session, key), self._stored_after(session, key)
        left = max(left, before) if left and before else left or before
        right = min(right, after, key=lambda message: message.order_key) if right and after else right or after
        return left, right

    def _is_at(self, message: Message, session: int, key: OrderKey) -> bool:
        """True if the message has this key in this session."""
        return message.session == session and message.order_key == key and bool(message.role)

    def _stored_before(self, session: int, key: OrderKey) -> MessageOrder | None:
        """Returns the nearest stored message before the key that has not been moved by this batch."""
        while stored := self._repository.before(session, *key):
            digest, message_order = stored
            key = message_order[:2]
            message = self.messages.get(digest)
            if message is None:
                return message_order
            if self._is_at(message, session, key):
                return message.order
        return None

    def _stored_after(self, session: int, key: OrderKey) -> Message | None:
        """Returns the nearest stored message after the key that has not been moved by this batch, and adds it to the
        working set."""
        while stored := self._repository.after(session, *key):
            key = stored.order_key
            message = self.messages.get(stored.digest)
            if message is None:
                return self.add_message(stored)
            if self._is_at(message, session, key):
                return message
        return None
