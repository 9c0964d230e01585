"""Pure. The address of the application's MongoDB: which database, how patiently it is asked, and how an error is
told."""

from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

OPTIONS: dict[str, Any] = {
    "appname": "sbdash",
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "socketTimeoutMS": 60_000,
    "tz_aware": False,
    "datetime_conversion": "DATETIME_AUTO",
    "unicode_decode_error_handler": "replace",
}
"""For every client: ms to find and reach a server, and to wait for an answer. Its times are naive UTC; what no date
or text of Python can hold breaks no cursor."""

NOT_IN_NAMES = frozenset('/\\. "$\0')
"""Characters that MongoDB allows in no database's name; nor may it have 64 bytes or more."""


class Unusable(ValueError):
    """The settings do not lead to a database; the text is a sentence that shows no password."""


def database_of(url: str, name: str) -> str:
    """The database to ask: the one that is named, or the one in the address. Raises Unusable."""
    if not url:
        raise Unusable("set CHAT_MONGODB_URL to the address of the chat application's MongoDB")
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("mongodb", "mongodb+srv") or not parts.netloc:
        raise Unusable("CHAT_MONGODB_URL is not an address such as mongodb://user:password@host:27017/")
    known = name or unquote(parts.path.strip("/"))
    if not known:
        raise Unusable("set CHAT_MONGODB_DATABASE to the name of the chat application's database")
    if len(known.encode()) > 63 or NOT_IN_NAMES.intersection(known):
        where = "CHAT_MONGODB_DATABASE" if name else "the path of CHAT_MONGODB_URL"
        raise Unusable(f"{where} is {known[:60]!r}, which can be no database's name")
    return known


def mark_of(url: str, database: str) -> str:
    """16 characters that stand for a database on its hosts, whoever asks for it."""
    return sha256(f"{urlsplit(url).netloc.rpartition('@')[2]}/{database}".encode()).hexdigest()[:16]


def words(error: Exception, url: str) -> str:
    """An error for people: its kind, its first words, and nothing of the address's password."""
    text = str(error).partition(", Timeout:")[0].partition(", full error:")[0]
    secret = urlsplit(url).netloc.rpartition("@")[0].partition(":")[2]
    for shown in filter(None, (secret, unquote(secret))):
        text = text.replace(shown, "…")
    return f"{type(error).__name__}: {text[:160]}"
