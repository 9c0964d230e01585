"""Converts documents of the chat application's MongoDB to events and commits them."""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

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
    events_of,
    session_ended,
    vote_removed,
)
from monitoring.ingest.follow.reader import Change, Database
from monitoring.ingest.follow.store import FollowerStore
from monitoring.ingest.follower_status import Status
from monitoring.ingest.sources.cloud_event import CloudEvent

log = logging.getLogger(__name__)
MAX_RECENT_EVENTS = 100_000
"""Most committed events that are remembered, so that overlapping polls do not submit all of them again."""
MAX_PENDING_ANSWERS = 500
"""Most pending answers that are remembered, and stored with each state; the oldest, which were abandoned, go first."""
PENDING_FIELDS = ("id", "session_id", "role", "status", "created_at", "updated_at")
CollectionDocument = tuple[str, Document]
"""A collection's name, and a document of it."""


def as_bson(oid: object) -> bytes:
    """Encodes an `_id` of any type."""
    return bson.encode({"": oid})


class DocumentWriter:
    """Commits documents as events. Refused documents and unreadable values are counted by (kind, name); the first
    refused one of each kind is logged."""

    def __init__(self, database: Database, store: FollowerStore, status: Status, pending: dict[str, Document]) -> None:
        self._database, self._store, self._status, self._pending = database, store, status, pending
        self._recent: OrderedDict[bytes, None] = OrderedDict()
        self._counted: OrderedDict[str, None] = OrderedDict()
        self._logged: set[str] = set()

    async def write_documents(self, documents: Sequence[CollectionDocument]) -> int:
        """Commits documents. Returns the number of new events."""
        session_ids = {}
        for name, document in documents:
            id = document.get("id")
            if name == SESSIONS and isinstance(id, str) and id and is_storable(id):
                session_ids[as_bson(document["_id"])] = id
        if session_ids:
            await asyncio.to_thread(self._store.add_sessions, session_ids)
        votes = [document for name, document in documents if name == VOTES]
        self._track_pending(documents)
        return await self._commit(self._convert(documents, await self._sessions_of(votes)))

    async def write_changes(self, changes: Sequence[Change]) -> None:
        """Commits changes, first the written documents, then the deletions."""
        documents: list[CollectionDocument] = []
        for change in changes:
            if document := self._document_of(change):
                documents.append(document)
                self._track_pending([document])  # before the next change, which may be of the same answer
        await self.write_documents(documents)
        deletions = [change for change in changes if change.kind == "delete"]
        await self.end_sessions(
            {as_bson(change.oid): change.at for change in deletions if change.collection == SESSIONS}
        )
        await self._remove_votes([change for change in deletions if change.collection == VOTES and change.before])

    def _document_of(self, change: Change) -> CollectionDocument | None:
        """Returns the document of a change. An answer that was deleted since is made of its pending state and the
        written fields."""
        if change.document:
            return change.collection, change.document
        pending = self._pending.get(str(change.oid)) if change.collection == MESSAGES else None
        return (MESSAGES, {**pending, **change.written, "_id": change.oid}) if pending and change.written else None

    def _track_pending(self, documents: Sequence[CollectionDocument]) -> None:
        """Remembers answers while they are pending, with the values that can be stored with the state."""
        for message in (document for name, document in documents if name == MESSAGES):
            if str(message.get("status")).lower() == "pending":
                fields = ((name, message.get(name)) for name in PENDING_FIELDS)
                self._pending[str(message["_id"])] = {
                    name: value if isinstance(value, str | datetime) else None for name, value in fields
                }
            else:
                self._pending.pop(str(message["_id"]), None)
        while len(self._pending) > MAX_PENDING_ANSWERS:
            del self._pending[next(iter(self._pending))]

    async def end_sessions(self, sessions: dict[bytes, datetime]) -> None:
        """Ends the sessions of deleted documents, given by `_id` (as BSON) and time."""
        if not sessions:
            return
        session_ids = await asyncio.to_thread(self._store.session_ids, list(sessions))
        await self._commit(session_ended(self._database.name, id, sessions[oid]) for oid, id in session_ids.items())
        await asyncio.to_thread(self._store.forget_sessions, list(session_ids))

    async def sweep(self) -> None:
        """Ends the sessions whose documents were deleted unnoticed. The event's time is now, because the real one is
        unknown."""
        after = 0
        while True:
            encoded, after = await asyncio.to_thread(self._store.session_oids, after, reader.PAGE_SIZE)
            oids = [bson.decode(oid)[""] for oid in encoded]
            missing = await reader.missing(self._database, SESSIONS, oids)
            await self.end_sessions(dict.fromkeys(map(as_bson, missing), datetime.now(UTC)))
            if not after:
                return

    async def _remove_votes(self, changes: Sequence[Change]) -> None:
        sessions = await self._sessions_of([change.before for change in changes if change.before])
        events = []
        for change in changes:
            before = change.before or {}
            try:
                if session := sessions.get(str(before.get("message_id"))):
                    events.append(vote_removed(self._database.name, before, session, change.at))
            except InvalidDocument as error:
                self._refuse(VOTES, str(error), change.oid)
        await self._commit(events)

    async def _sessions_of(self, votes: Sequence[Document]) -> dict[str, str]:
        messages = [str(vote["message_id"]) for vote in votes if vote.get("message_id")]
        return await reader.sessions_of(self._database, messages) if messages else {}

    def _convert(self, documents: Sequence[CollectionDocument], sessions: dict[str, str]) -> Iterable[CloudEvent]:
        for collection, document in documents:
            session = sessions.get(str(document.get("message_id"))) if collection == VOTES else None
            invalid: list[str] = []
            try:
                yield from events_of(self._database.name, collection, document, session, invalid)
            except InvalidDocument as error:
                self._refuse(collection, str(error), document["_id"])
            except Exception as error:  # no document may stop the others
                self._refuse(
                    collection, f"document: not as the application writes it ({type(error).__name__})", document["_id"]
                )
            if invalid:
                self._count_unreadable(collection, invalid, document["_id"])

    async def _commit(self, cloud_events: Iterable[CloudEvent]) -> int:
        events = list(self._validate(list(cloud_events)))
        if not events:
            return 0
        new = await asyncio.to_thread(self._store.commit, events)
        self._recent.update((event.digest, None) for event in events)
        _drop_oldest(self._recent)
        return new

    def _validate(self, cloud_events: Sequence[CloudEvent]) -> Iterable[Event]:
        for cloud_event, event in zip(cloud_events, take_all(cloud_events, datetime.now(UTC)), strict=True):
            if isinstance(event, Refused):
                self._refuse(str(cloud_event["type"]), str(event), cloud_event["id"])
            elif event.digest not in self._recent:
                if event.unread:
                    self._count_unreadable(event.type, event.unread, event.id)
                yield event

    def _count_unreadable(self, kind: str, fields: Sequence[str], document: object) -> None:
        """Counts unreadable values, which are dropped from their document."""
        if self._is_new(f"{kind} {document} {fields}"):
            self._store.count(Counter({("unreadable", f"{kind} {field}"): 1 for field in fields}))

    def _is_new(self, name: str) -> bool:
        """Returns whether this was not counted yet, because polls may read a document often."""
        if name in self._counted:
            return False
        self._counted[name] = None
        _drop_oldest(self._counted)
        return True

    def _refuse(self, kind: str, reason: str, document: object) -> None:
        """Counts a refused document once."""
        if not self._is_new(f"{kind} {document}"):
            return
        self._status.refused += 1
        name = f"{kind} {reason.partition(':')[0]}"
        self._store.count(Counter({("refused", name): 1}))
        if name not in self._logged:
            self._logged.add(name)
            log.warning("document refused: %s %s (others of this kind are only counted)", kind, reason)


def _drop_oldest(names: OrderedDict[bytes, None] | OrderedDict[str, None]) -> None:
    while len(names) > MAX_RECENT_EVENTS:
        names.popitem(last=False)
