"""Pure. Queries the chat application's MongoDB for figures of sessions. Titles and contents are never read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from monitoring.ingest.follow.documents import MESSAGES, SESSIONS, USAGE
from monitoring.operations.difference import Plain, figure, moment

if TYPE_CHECKING:
    from pymongo.database import Database

FIGURES = (
    "message_count", "total_tokens", "total_cost", "last_message_at", "average_response_time",
    "conversation_duration", "user_messages", "assistant_messages",
)  # fmt: skip
"""The application stores the first four. The others are compared if its version stores them."""
PAGE_DOCUMENTS = 500
MAX_QUERY_MILLISECONDS = 60_000
"""Time limit of one query."""
Document = Mapping[str, object]
Steps = list[dict[str, object]]
"""Steps of an aggregation."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts from the application's own documents. `lower_…` count roles in lower case only. Cost is in USD."""

    messages: int = 0
    users: int = 0
    assistants: int = 0
    lower_users: int = 0
    lower_assistants: int = 0
    first: datetime | None = None
    last: datetime | None = None
    tokens: float = 0
    cost: float = 0.0
    touched: datetime | None = None

    def figures(self) -> dict[str, Plain]:
        """Returns the figures of a session's summary, except the average, for which every message must be read."""
        lasted = (self.last - self.first).total_seconds() if self.last and self.first else 0.0
        return {
            "message_count": self.messages,
            "total_tokens": self.tokens,
            "total_cost": self.cost,
            "last_message_at": moment(self.last) if self.last else None,
            "conversation_duration": lasted,
            "user_messages": self.users,
            "assistant_messages": self.assistants,
        }


@dataclass(frozen=True, slots=True)
class Averages:
    """Mean response times (s) of a session's documents: by sbdash's rule, by the application's clock, and by that clock
    with lower-case roles only."""

    whole: float
    begun: float
    lower: float


class Application:
    """Queries one database. Methods raise PyMongoError."""

    def __init__(self, database: "Database[Document]") -> None:
        self._database = database
        self.source = f"mongodb/{database.name}"

    def stored(self, ids: Sequence[str]) -> dict[str, Document]:
        """Returns the stored figures of these sessions, by id."""
        wanted = {"_id": 0} | dict.fromkeys(("id", "created_at", "updated_at", *FIGURES), 1)
        found = self._database[SESSIONS].find({"id": {"$in": list(ids)}}, wanted)
        return {row["id"]: row for row in found if isinstance(row["id"], str)}  # a list may contain a wanted id

    def all(self) -> Iterator[dict[str, Document]]:
        """Yields pages of all sessions, by id: size and times."""
        wanted = dict.fromkeys(("id", "created_at", "updated_at", "message_count"), 1)
        with self._database[SESSIONS].find({}, wanted, sort=[("_id", 1)], batch_size=PAGE_DOCUMENTS) as found:
            while page := found.to_list(PAGE_DOCUMENTS):
                yield {id: row for row in page if isinstance(id := row.get("id"), str) and id}

    def counted(self, ids: Sequence[str]) -> dict[str, Counted]:
        """Returns counts of these sessions' documents, which the server aggregates."""
        messages, usages = self._add_up(MESSAGES, _messages(ids)), self._add_up(USAGE, _usages(ids))
        return {id: _counted(messages.get(id, {}), usages.get(id, {})) for id in ids}

    def _add_up(self, collection: str, steps: Steps) -> dict[str, Document]:
        with self._database[collection].aggregate(steps, allowDiskUse=True, maxTimeMS=MAX_QUERY_MILLISECONDS) as found:
            return {row["_id"]: row for row in found if isinstance(row["_id"], str)}

    def averages(self, id: str) -> Averages:
        """Returns response times from a session's messages, of which only role, status and times are read."""
        wanted = {"_id": 0} | dict.fromkeys(("role", "status", "created_at", "updated_at"), 1)
        with self._database[MESSAGES].find({"session_id": id}, wanted, sort=[("created_at", 1), ("id", 1)]) as found:
            return averages(found)


def averages(messages: Iterable[Document]) -> Averages:
    """Returns the three means, from messages in order of time."""
    whole, begun, lower = [], [], []
    for question, answer in pairwise(messages):
        roles = str(question.get("role")), str(answer.get("role"))
        asked, began, done = question.get("created_at"), answer.get("created_at"), answer.get("updated_at")
        if (roles[0].lower(), roles[1].lower()) != ("user", "assistant"):
            continue
        if not (isinstance(asked, datetime) and isinstance(began, datetime) and isinstance(done, datetime)):
            continue
        begun.append((began - asked).total_seconds())
        if roles == ("user", "assistant"):
            lower.append(begun[-1])
        if str(answer.get("status")).lower() != "pending" and done >= asked:
            whole.append((done - asked).total_seconds())
    return Averages(_mean(whole), _mean(begun), _mean(lower))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def changed(*documents: Document) -> datetime | None:
    """Returns the latest time in these documents."""
    found = [row.get(name) for row in documents for name in ("created_at", "updated_at", "touched")]
    times = [at.replace(tzinfo=UTC) if at.tzinfo is None else at for at in found if isinstance(at, datetime)]
    return max(times, default=None)


def _messages(ids: Sequence[str]) -> Steps:
    """Groups by id first, so that a duplicate message counts once. The steps use only operators that every server
    supports."""
    kept = ("session_id", "role", "created_at", "updated_at")
    once = {name: {"$last": f"${name}"} for name in kept}
    once |= {"tokens": {"$last": "$token_usage.total_tokens"}, "cost": {"$last": "$token_usage.cost"}}
    return [
        {"$match": {"session_id": {"$in": list(ids)}}},
        {"$group": {"_id": "$id", **once}},
        {
            "$group": {
                "_id": "$session_id",
                "messages": {"$sum": 1},
                **{name: {"$sum": f"${name}"} for name in ("tokens", "cost")},
                **{f"{role}s": _count_role(role, True) for role in ("user", "assistant")},
                **{f"lower_{role}s": _count_role(role, False) for role in ("user", "assistant")},
                "first": {"$min": "$created_at"},
                "last": {"$max": "$created_at"},
                "touched": {"$max": "$updated_at"},
            }
        },
    ]


def _count_role(role: str, any_case: bool) -> dict[str, object]:
    words = [role, role.upper(), role.capitalize()] if any_case else [role]
    return {"$sum": {"$cond": [{"$in": ["$role", words]}, 1, 0]}}


def _usages(ids: Sequence[str]) -> Steps:
    return [
        {"$match": {"session_id": {"$in": list(ids)}}},
        {
            "$group": {
                "_id": "$session_id",
                "records": {"$sum": 1},
                "tokens": {"$sum": "$total_tokens"},
                "cost": {"$sum": "$cost"},
                "touched": {"$max": "$created_at"},
            }
        },
    ]


def _counted(messages: Document, usages: Document) -> Counted:
    """Token usage records replace the tokens of the messages."""
    tokens = usages if usages.get("records") else messages

    def count(name: str) -> int:
        return int(figure(messages.get(name)))

    return Counted(
        messages=count("messages"),
        users=count("users"),
        assistants=count("assistants"),
        lower_users=count("lower_users"),
        lower_assistants=count("lower_assistants"),
        first=_time(messages, "first"),
        last=_time(messages, "last"),
        tokens=figure(tokens.get("tokens")),
        cost=figure(tokens.get("cost")),
        touched=changed(messages, usages),
    )


def _time(document: Document, name: str) -> datetime | None:
    """Returns a time; None if the greatest or least value is of another type."""
    value = document.get(name)
    return value if isinstance(value, datetime) else None
