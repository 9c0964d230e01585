"""Documents in, committed events out. Pure."""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import bson

from monitoring.events.envelope import Event, Refused, take_all
from monitoring.events.vocabulary import is_storable
from monitoring.ingest.follow import reader
from monitoring.ingest.follow.documents import (
    MESSAGES,
    SESSIONS,
    VOTES,
    Document,
    InvalidDocument,
    ended,
    events_of,
    unvoted,
)
from monitoring.ingest.follow.follower_store import FollowerStore
from monitoring.ingest.follow.reader import Change, Database
from monitoring.ingest.follower_status import Status
from monitoring.ingest.sources.cloud_event import CloudEvent

log = logging.getLogger(__name__)
RECENT = 100_000
"""Events that are remembered as taken, so that a poll that looks back does not offer them all again."""
MOST_PENDING = 500
"""Pending answers that are remembered, and written with each place; the oldest, given up long ago, go first."""
KNOWN = ("id", "session_id", "role", "status", "created_at", "updated_at")
Found = tuple[str, Document]


def as_bson(oid: Any) -> bytes:
    """A document's `_id`, of whatever kind."""
    return bson.encode({"": oid})


def from_bson(oid: bytes) -> Any:
    return bson.decode(oid)[""]


def is_id(value: object) -> bool:
    """Whether it can be the id of a session: a text that every database keeps."""
    return isinstance(value, str) and value != "" and is_storable(value)


def _kept(value: Any) -> Any:
    """A value that can be written with the place, and read again."""
    return value if isinstance(value, str | datetime) else None


class DocumentWriter:
    """Has documents committed. What cannot be taken is counted by (kind, name), and the first of a kind is logged."""

    def __init__(
        self, database: Database, keeper: FollowerStore, status: Status, pending: dict[str, dict[str, Any]]
    ) -> None:
        self._database, self._keeper, self._status, self._pending = database, keeper, status, pending
        self._recent: OrderedDict[bytes, None] = OrderedDict()
        self._refused: OrderedDict[str, None] = OrderedDict()
        self._said: set[str] = set()

    async def documents(self, found: Sequence[Found]) -> int:
        """Take documents with their collections' names; how many events were new."""
        named = [one for name, one in found if name == SESSIONS and is_id(one.get("id"))]
        met = {as_bson(one["_id"]): one["id"] for one in named}
        if met:
            await asyncio.to_thread(self._keeper.meet, met)
        votes = [document for name, document in found if name == VOTES]
        self._await(found)
        return await self._commit(self._made(found, await self._sessions(votes)))

    async def changes(self, changes: Sequence[Change]) -> None:
        """Take changes: what was written first, then what was removed."""
        found: list[Found] = []
        for one in changes:
            if there := self._found(one):
                found.append(there)
                self._await([there])  # before the next change, which may be of the same answer
        await self.documents(found)
        removed = [one for one in changes if one.kind == "delete"]
        await self.removed({as_bson(one.oid): one.at for one in removed if one.collection == SESSIONS})
        votes = [one for one in removed if one.collection == VOTES and one.before]
        if votes:
            await self._unvoted(votes)

    def _found(self, change: Change) -> Found | None:
        """The document behind a change. Of an answer that is gone already, what is known and what was written."""
        if change.document:
            return change.collection, change.document
        known = self._pending.get(str(change.oid)) if change.collection == MESSAGES else None
        return (MESSAGES, {**known, **change.written, "_id": change.oid}) if known and change.written else None

    def _await(self, found: Sequence[Found]) -> None:
        """Remember the answers that are pending, until they are not."""
        for message in (document for name, document in found if name == MESSAGES):
            if str(message.get("status")).lower() == "pending":
                self._pending[str(message["_id"])] = {name: _kept(message.get(name)) for name in KNOWN}
            else:
                self._pending.pop(str(message["_id"]), None)
        while len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]

    async def removed(self, sessions: dict[bytes, datetime]) -> None:
        """End the sessions whose documents are gone, at the times given."""
        if not sessions:
            return
        names = await asyncio.to_thread(self._keeper.names, list(sessions))
        await self._commit(ended(self._database.name, name, sessions[oid]) for oid, name in names.items())
        await asyncio.to_thread(self._keeper.part, list(names))

    async def sweep(self) -> None:
        """End the sessions whose documents went while nobody looked. Their time is now: it is not known better."""
        after = 0
        while True:
            oids, after = await asyncio.to_thread(self._keeper.known, after, reader.PAGE)
            there = [from_bson(oid) for oid in oids]
            gone = await reader.gone(self._database, SESSIONS, there)
            await self.removed(dict.fromkeys(map(as_bson, gone), datetime.now(UTC)))
            if not after:
                return

    async def _unvoted(self, changes: Sequence[Change]) -> None:
        votes = [one.before for one in changes if one.before]
        sessions = await self._sessions(votes)
        made = []
        for one in changes:
            before = one.before or {}
            session = sessions.get(str(before.get("message_id")))
            try:
                made += [unvoted(self._database.name, before, session, one.at)] if session else []
            except InvalidDocument as error:
                self._refuse(VOTES, str(error), one.oid)
        await self._commit(made)

    async def _sessions(self, votes: Sequence[Document]) -> dict[str, str]:
        messages = [str(vote["message_id"]) for vote in votes if vote.get("message_id")]
        return await reader.sessions_of(self._database, messages) if messages else {}

    def _made(self, found: Sequence[Found], sessions: dict[str, str]) -> Iterable[CloudEvent]:
        for collection, document in found:
            session = sessions.get(str(document.get("message_id"))) if collection == VOTES else None
            odd: list[str] = []
            try:
                yield from events_of(self._database.name, collection, document, session, odd)
            except InvalidDocument as error:
                self._refuse(collection, str(error), document["_id"])
            except Exception as error:  # one document, whatever it holds, may not hold up the others
                self._refuse(
                    collection, f"document: not as the application writes it ({type(error).__name__})", document["_id"]
                )
            if odd:
                self._drop(collection, odd, document["_id"])

    async def _commit(self, made: Iterable[CloudEvent]) -> int:
        events = list(self._events(made))
        if not events:
            return 0
        new = await asyncio.to_thread(self._keeper.commit, events)
        self._remember(events)
        return new

    def _events(self, made: Iterable[CloudEvent]) -> Iterable[Event]:
        offered = list(made)
        for one, found in zip(offered, take_all(offered, datetime.now(UTC)), strict=True):
            if isinstance(found, Refused):
                self._refuse(one["type"], str(found), one["id"])
            elif found.digest not in self._recent:
                if found.unread:
                    self._drop(one["type"], found.unread, one["id"])
                yield found

    def _remember(self, events: Sequence[Event]) -> None:
        self._recent.update((event.digest, None) for event in events)
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def _drop(self, what: str, fields: Sequence[str], document: object) -> None:
        """Count values that could not be read; their documents are taken without them."""
        if self._is_new(f"{what} {document} {fields}"):
            self._keeper.see(Counter({("unreadable", f"{what} {field}"): 1 for field in fields}))

    def _is_new(self, name: str) -> bool:
        """Whether it was not counted yet: a poll may offer a document often."""
        if name in self._refused:
            return False
        self._refused[name] = None
        while len(self._refused) > RECENT:
            self._refused.popitem(last=False)
        return True

    def _refuse(self, what: str, reason: str, document: object) -> None:
        """Once for each document."""
        if not self._is_new(f"{what} {document}"):
            return
        self._status.refused += 1
        words = f"{what} {reason.partition(':')[0]}"
        self._keeper.see(Counter({("refused", words): 1}))
        if words not in self._said:
            self._said.add(words)
            log.warning("a document cannot be taken: %s %s (others of this kind are only counted)", what, reason)
