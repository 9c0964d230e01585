"""Pure. What is asked of the application's MongoDB: pages of history, a stream of changes, or what changed since a
time."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from monitoring.events.envelope import EARLIEST
from monitoring.ingest.follow.documents import FIELDS, MESSAGES, USAGE, Document

Database = AsyncDatabase[dict[str, Any]]
COLLECTIONS = tuple(FIELDS)
"""In the order in which their history is read: a session before its messages, these before their tokens."""
PAGE = 1_000
OVERLAP = timedelta(seconds=15)
"""How far a poll looks back before what it has seen: clocks of several writers differ, and writes arrive late."""
AWAIT = 1_000
"""ms for which the server holds a question for changes back while there are none."""
PRE_IMAGES = 17
"""maxWireVersion of MongoDB 6.0, which can say what a removed document was."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what happened to which document; the document as it is now, None when it is gone meanwhile; what it
    was, where the server knows; and which of the harmless fields were written."""

    collection: str
    kind: str
    oid: Any
    document: Document | None
    before: Document | None
    written: Document
    at: datetime


def _length(field: str) -> dict[str, Any]:
    """Characters of a text, counted by the server; the text stays there."""
    return {"$cond": [{"$eq": [{"$type": f"${field}"}, "string"]}, {"$strLenCP": f"${field}"}, None]}


def projection(collection: str) -> dict[str, Any]:
    """The harmless fields of a collection's documents."""
    named: dict[str, Any] = dict.fromkeys(FIELDS[collection], 1)
    return named | ({"characters": _length("content")} if collection == MESSAGES else {})


def pipeline() -> list[dict[str, Any]]:
    """Only our collections, only what is harmless, of every change."""
    wanted = {
        "ns.coll": {"$in": list(COLLECTIONS)},
        "operationType": {"$in": ["insert", "update", "replace", "delete"]},
    }
    names = sorted({name for fields in FIELDS.values() for name in fields})
    kept: dict[str, Any] = dict.fromkeys(("operationType", "ns", "documentKey", "clusterTime", "wallTime"), 1)
    for document in ("fullDocument", "fullDocumentBeforeChange"):
        kept |= dict.fromkeys((f"{document}.{name}" for name in names), 1)
    kept |= {f"updateDescription.updatedFields.{name}": 1 for name in ("status", "updated_at")}
    kept["fullDocument.characters"] = _length("fullDocument.content")
    return [{"$match": wanted}, {"$project": kept}]


async def watch(database: Database, token: Mapping[str, Any] | None) -> AsyncDatabaseChangeStream[dict[str, Any]]:
    """The changes behind a token, or from now on."""
    hello = await database.command("hello")
    return await database.watch(
        pipeline(),
        "updateLookup",
        start_after=token,
        max_await_time_ms=AWAIT,
        batch_size=PAGE,
        full_document_before_change="whenAvailable" if hello.get("maxWireVersion", 0) >= PRE_IMAGES else None,
    )


def change_of(raw: Mapping[str, Any]) -> Change:
    """A change as the stream gave it."""
    at, oid = raw.get("wallTime") or raw["clusterTime"].as_datetime(), raw["documentKey"]["_id"]
    return Change(
        raw["ns"]["coll"],
        raw["operationType"],
        oid,
        _there(raw.get("fullDocument"), oid),
        _there(raw.get("fullDocumentBeforeChange"), oid),
        raw.get("updateDescription", {}).get("updatedFields", {}),
        at.replace(tzinfo=UTC) if at.tzinfo is None else at,
    )


def _there(document: Document | None, oid: Any) -> Document | None:
    """A document that is gone may still come as a shell, in which the length of its text is null."""
    return {**document, "_id": oid} if document and "id" in document else None


async def history(database: Database, collection: str, after: Any) -> AsyncIterator[list[dict[str, Any]]]:
    """All documents behind an `_id`, in its order, in pages. A comparison holds for one kind of `_id` only, so those of
    other kinds than ObjectId are always read, and all are where the last one was of another kind."""
    wanted = (
        {}
        if not isinstance(after, ObjectId)
        else {"$or": [{"_id": {"$gt": after}}, {"_id": {"$not": {"$type": "objectId"}}}]}
    )
    found = database[collection].find(wanted, projection(collection), sort=[("_id", 1)], batch_size=PAGE)
    async for page in _pages(found):
        yield page


async def _pages(found: Any) -> AsyncIterator[list[dict[str, Any]]]:
    async with found:
        while page := await found.to_list(PAGE):
            yield page


def clock(collection: str) -> str:
    """The field that tells when a document changed last."""
    return "created_at" if collection == USAGE else "updated_at"


async def since(database: Database, collection: str, moment: datetime) -> AsyncIterator[list[dict[str, Any]]]:
    """What changed since a time, or was made since: by the application's clock, and by the time in each `_id`."""
    for wanted in (
        {clock(collection): {"$gte": moment.replace(tzinfo=None)}},
        {"_id": {"$gte": ObjectId.from_datetime(moment)}},
    ):
        order = [(name, 1) for name in wanted] + ([("_id", 1)] if "_id" not in wanted else [])
        found = database[collection].find(wanted, projection(collection), sort=order, batch_size=PAGE)
        async for page in _pages(found):
            yield page


async def newest(database: Database, collection: str) -> datetime | None:
    """The latest time by the application's clock, never later than now."""
    field = clock(collection)
    found = await database[collection].find_one({field: {"$type": "date"}}, {field: 1}, sort=[(field, -1)])
    return past(found[field]) if found else None


def past(value: Any) -> datetime:
    """A time of the application, but never later than now, and never so early that nothing is before it. One that
    Python cannot hold is in the past or the future as well."""
    now = datetime.now(UTC)
    if isinstance(value, DatetimeMS):
        return now if int(value) > 0 else EARLIEST
    return max(EARLIEST, min(value.replace(tzinfo=UTC), now)) if isinstance(value, datetime) else now


async def gone(database: Database, collection: str, oids: Sequence[Any]) -> list[Any]:
    """Those of these documents that are not there any more."""
    there = {row["_id"] async for row in database[collection].find({"_id": {"$in": list(oids)}}, {"_id": 1})}
    return [oid for oid in oids if oid not in there]


async def sessions_of(database: Database, messages: Sequence[str]) -> dict[str, str]:
    """The session of each message that is there."""
    rows: AsyncCollection[dict[str, Any]] = database[MESSAGES]
    found = rows.find({"id": {"$in": list(messages)}}, {"id": 1, "session_id": 1})
    return {
        row["id"]: row["session_id"] async for row in found if is_text(row["id"]) and is_text(row.get("session_id"))
    }


def is_text(value: object) -> bool:
    """A list may hold one of the ids that were asked for, too."""
    return isinstance(value, str) and value != ""


async def size(database: Database) -> int:
    """About how many documents there are."""
    return sum([await database[name].estimated_document_count() for name in COLLECTIONS])
