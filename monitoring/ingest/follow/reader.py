"""Queries the chat application's MongoDB: pages of history, the change stream, and changes since a time. Pure."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo import AsyncMongoClient
from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase

from monitoring.events.envelope import EARLIEST
from monitoring.ingest.follow.documents import FIELDS, MESSAGES, USAGE, Document

Row = dict[str, Any]
Client = AsyncMongoClient[Row]
Database = AsyncDatabase[Row]
COLLECTIONS = tuple(FIELDS)
"""In the order in which their history is read: sessions before their messages, messages before their tokens."""
PAGE_SIZE = 1_000
POLL_OVERLAP = timedelta(seconds=15)
"""Overlap of two polls, because clocks of several writers differ, and writes arrive late."""
MAX_AWAIT_MS = 1_000
"""ms for which the server waits for a change before it returns an empty batch."""
PRE_IMAGES_WIRE_VERSION = 17
"""maxWireVersion of MongoDB 6.0, the first with pre-images of deleted documents."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change event. `kind`: its operation. `document`: the current document, None if it was deleted since.
    `before`: the pre-image, if the server has it. `written`: the values of the updated fields among `status` and
    `updated_at`."""

    collection: str
    kind: str
    oid: object
    document: Document | None
    before: Document | None
    written: Document
    at: datetime


def _length(field: str) -> dict[str, object]:
    """The server counts the characters of a text, so that the text does not leave it."""
    return {"$cond": [{"$eq": [{"$type": f"${field}"}, "string"]}, {"$strLenCP": f"${field}"}, None]}


def projection(collection: str) -> dict[str, object]:
    """Returns the projection to the fields without content."""
    fields: dict[str, object] = dict.fromkeys(FIELDS[collection], 1)
    return fields | ({"characters": _length("content")} if collection == MESSAGES else {})


def pipeline() -> list[dict[str, object]]:
    """Returns the change stream's pipeline: the four collections, and fields without content."""
    query = {
        "ns.coll": {"$in": list(COLLECTIONS)},
        "operationType": {"$in": ["insert", "update", "replace", "delete"]},
    }
    names = sorted({name for fields in FIELDS.values() for name in fields})
    fields: dict[str, object] = dict.fromkeys(("operationType", "ns", "documentKey", "clusterTime", "wallTime"), 1)
    for document in ("fullDocument", "fullDocumentBeforeChange"):
        fields |= dict.fromkeys((f"{document}.{name}" for name in names), 1)
    fields |= {f"updateDescription.updatedFields.{name}": 1 for name in ("status", "updated_at")}
    fields["fullDocument.characters"] = _length("fullDocument.content")
    return [{"$match": query}, {"$project": fields}]


async def watch(database: Database, token: Document | None) -> AsyncDatabaseChangeStream[Row]:
    """Opens the change stream after a resume token, or from now on."""
    has_pre_images = (await database.command("hello")).get("maxWireVersion", 0) >= PRE_IMAGES_WIRE_VERSION
    return await database.watch(
        pipeline(),
        "updateLookup",
        start_after=token,
        max_await_time_ms=MAX_AWAIT_MS,
        batch_size=PAGE_SIZE,
        full_document_before_change="whenAvailable" if has_pre_images else None,
    )


def change_of(raw: Row) -> Change:
    """Parses a change event of the stream."""
    at, oid = raw.get("wallTime") or raw["clusterTime"].as_datetime(), raw["documentKey"]["_id"]
    return Change(
        raw["ns"]["coll"],
        raw["operationType"],
        oid,
        _whole_document(raw.get("fullDocument"), oid),
        _whole_document(raw.get("fullDocumentBeforeChange"), oid),
        raw.get("updateDescription", {}).get("updatedFields", {}),
        at.replace(tzinfo=UTC) if at.tzinfo is None else at,
    )


def _whole_document(document: Document | None, oid: object) -> Document | None:
    """The stream may return a deleted document as a shell, with only the length of its text, as null."""
    return {**document, "_id": oid} if document and "id" in document else None


async def history(database: Database, collection: str, after: object) -> AsyncIterator[list[Row]]:
    """Yields all documents after an `_id`, in its order, in pages. MongoDB compares only values of one type: documents
    with an `_id` of another type than ObjectId are always read, and all documents if `after` is of another type."""
    query: dict[str, object] = {}
    if isinstance(after, ObjectId):
        query = {"$or": [{"_id": {"$gt": after}}, {"_id": {"$not": {"$type": "objectId"}}}]}
    cursor = database[collection].find(query, projection(collection), sort=[("_id", 1)], batch_size=PAGE_SIZE)
    async for page in _pages(cursor):
        yield page


async def _pages(cursor: AsyncCursor[Row]) -> AsyncIterator[list[Row]]:
    async with cursor:
        while page := await cursor.to_list(PAGE_SIZE):
            yield page


def time_field(collection: str) -> str:
    """Returns the field with the time of a document's last change."""
    return "created_at" if collection == USAGE else "updated_at"


async def changed_since(database: Database, collection: str, time: datetime) -> AsyncIterator[list[Row]]:
    """Yields documents that were changed since a time, by the application's clock, then those inserted since, by the
    time in their `_id`."""
    for query in (
        {time_field(collection): {"$gte": time.replace(tzinfo=None)}},
        {"_id": {"$gte": ObjectId.from_datetime(time)}},
    ):
        order = [(name, 1) for name in query] + ([("_id", 1)] if "_id" not in query else [])
        cursor = database[collection].find(query, projection(collection), sort=order, batch_size=PAGE_SIZE)
        async for page in _pages(cursor):
            yield page


async def latest_time(database: Database, collection: str) -> datetime | None:
    """Returns the latest time of a document, at most now; None without documents."""
    field = time_field(collection)
    row = await database[collection].find_one({field: {"$type": "date"}}, {field: 1}, sort=[(field, -1)])
    return clamp_time(row[field]) if row else None


def clamp_time(value: object) -> datetime:
    """Clamps a time of the application to EARLIEST … now; also one outside Python's range."""
    now = datetime.now(UTC)
    if isinstance(value, DatetimeMS):
        return now if int(value) > 0 else EARLIEST
    return max(EARLIEST, min(value.replace(tzinfo=UTC), now)) if isinstance(value, datetime) else now


async def missing(database: Database, collection: str, oids: Sequence[object]) -> list[object]:
    """Returns the `_id`s without a document."""
    existing = {row["_id"] async for row in database[collection].find({"_id": {"$in": list(oids)}}, {"_id": 1})}
    return [oid for oid in oids if oid not in existing]


async def sessions_of(database: Database, messages: Sequence[str]) -> dict[str, str]:
    """Returns the session of each existing message."""
    sessions = {}
    async for row in database[MESSAGES].find({"id": {"$in": list(messages)}}, {"id": 1, "session_id": 1}):
        id, session = row["id"], row.get("session_id")
        if isinstance(id, str) and isinstance(session, str) and session:  # the query also finds lists with an id
            sessions[id] = session
    return sessions


async def estimated_count(database: Database) -> int:
    """Returns the estimated number of documents in all four collections."""
    return sum([await database[name].estimated_document_count() for name in COLLECTIONS])
