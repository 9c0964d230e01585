"""The address of the application's MongoDB: which database, how patiently it is asked, and how an error is told."""

from typing import Any

from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.uri_parser import parse_uri

OPTIONS: dict[str, Any] = {
    "appname": "sbdash",
    "serverSelectionTimeoutMS": 5_000,
    "connectTimeoutMS": 5_000,
    "socketTimeoutMS": 60_000,
    "tz_aware": False,
}
"""For every client: ms to find and reach a server, and to wait for an answer. Its times are naive UTC."""


class Unusable(ValueError):
    """The settings do not lead to a database; the text is a sentence that shows no password."""


def database_of(url: str, name: str) -> str:
    """The database to ask: the one that is named, or the one in the address. Raises Unusable."""
    if not url:
        raise Unusable("set CHAT_MONGODB_URL to the address of the chat application's MongoDB")
    try:
        known = parse_uri(url)["database"]
    except (InvalidURI, ConfigurationError, ValueError):
        raise Unusable("CHAT_MONGODB_URL is not an address such as mongodb://user:password@host:27017/") from None
    if not (name or known):
        raise Unusable("set CHAT_MONGODB_DATABASE to the name of the chat application's database")
    return name or str(known)


def words(error: Exception, url: str) -> str:
    """An error for people: its kind, its first words, and nothing of the address's password."""
    try:
        secret = parse_uri(url)["password"]
    except (InvalidURI, ConfigurationError, ValueError):
        secret = None
    text = str(error).partition(", Timeout:")[0].partition(", full error:")[0]
    text = text.replace(secret, "…") if secret else text
    return f"{type(error).__name__}: {text[:160]}"
