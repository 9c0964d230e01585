"""The URL and client options of the chat application's MongoDB, and error messages without its password. Pure."""

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
"""Options of every client; timeouts in ms. Times are naive UTC. Dates outside Python's range and invalid UTF-8 do not
raise an error in a cursor."""

NOT_IN_NAMES = frozenset('/\\. "$\0')
"""Characters that MongoDB does not allow in the name of a database, which has at most 63 bytes."""


class Unusable(ValueError):
    """The settings do not name a database. The message does not contain a password."""


def database_of(url: str, name: str) -> str:
    """Returns `name`, or else the database in the URL. Raises Unusable."""
    if not url:
        raise Unusable("set CHAT_MONGODB_URL to the address of the chat application's MongoDB")
    try:
        address = urlsplit(url)
    except ValueError:
        address = urlsplit("")
    if address.scheme not in ("mongodb", "mongodb+srv") or not address.netloc:
        raise Unusable("CHAT_MONGODB_URL is not an address such as mongodb://user:password@host:27017/")
    database = name or unquote(address.path.strip("/"))
    if not database:
        raise Unusable("set CHAT_MONGODB_DATABASE to the name of the chat application's database")
    if len(database.encode()) > 63 or NOT_IN_NAMES.intersection(database):
        setting = "CHAT_MONGODB_DATABASE" if name else "the path of CHAT_MONGODB_URL"
        raise Unusable(f"{setting} is {database[:60]!r}, which is not a valid name of a database")
    return database


def database_hash(url: str, database: str) -> str:
    """Returns 16 hex characters that identify a database on its hosts, independent of user and password."""
    return sha256(f"{urlsplit(url).netloc.rpartition('@')[2]}/{database}".encode()).hexdigest()[:16]


def describe_error(error: Exception, url: str) -> str:
    """Returns an error's type and the begin of its message, without the password in the URL."""
    text = str(error).partition(", Timeout:")[0].partition(", full error:")[0]
    secret = urlsplit(url).netloc.rpartition("@")[0].partition(":")[2]
    for secret_text in filter(None, (secret, unquote(secret))):
        text = text.replace(secret_text, "…")
    return f"{type(error).__name__}: {text[:160]}"
