"""`/ws/live/`: one socket, one topic at a time."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http.request import validate_host

from monitoring.db.transactions import reconnect_on_error
from monitoring.live.access import FORBIDDEN, LOGGED_OUT, Login, admitted, viewers_behind
from monitoring.live.hub import Watcher
from monitoring.live.overview import RANGES
from monitoring.live.topics import DAYS, OPERATIONS, OVERVIEW, REPORTED, SESSION, Topic
from monitoring.live.wiring import the_hub

UNREADABLE = 4400
MOST_WORDS = 8_192
"""Characters that a browser may say at once."""


OpaquePosition = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{20,100}$")]
"""A position as owners are given it."""


class Subscribe(msgspec.Struct):
    """The browser's first message, and any later one: what to watch, and from where on."""

    subscribe: str
    range: str | None = None
    after: int | OpaquePosition | None = None

    @property
    def topic(self) -> Topic | None:
        """What is meant; None where it cannot be watched. Whose `mine` is, only the log-in says."""
        if self.subscribe == OVERVIEW:
            wanted = "1h" if self.range is None else self.range
            return (OVERVIEW, wanted) if wanted in RANGES else None
        if self.subscribe in REPORTED:
            wanted = "28d" if self.range is None else self.range
            return (self.subscribe, wanted) if wanted in DAYS else None
        plain = self.subscribe == OPERATIONS or self.subscribe.startswith(SESSION)
        return (self.subscribe, "") if plain else None


_decode = msgspec.json.Decoder(Subscribe).decode


def same_host(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the page that opens the socket is ours. Programs send no Origin, and hold no browser's cookies."""
    found = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if not found:
        return True
    try:
        host = urlsplit(found[0]).hostname or ""
    except ValueError:
        return False
    asked = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
    return urlsplit(found[0]).netloc == asked and validate_host(host, settings.ALLOWED_HOSTS)


class LiveConsumer(AsyncWebsocketConsumer):
    """Holds a Watcher while the socket is open; the hub does the rest."""

    watcher: Watcher | None = None

    async def connect(self) -> None:
        if not same_host(self.scope["headers"]):
            await self.close()
            return
        await self.accept()
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(LOGGED_OUT)
            return
        login = Login(self.scope["session"].session_key, user.pk, user.get_session_auth_hash())
        watcher = Watcher(self.scope.get("direct", self.base_send), self._close_with, login, user.pk)
        code = await _entered(watcher)
        if code:
            the_hub().turned_away += 1
            await self.close(code)
            return
        self.watcher = watcher

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.watcher is None or self.watcher.closing:
            return
        the_hub().subscribed(self.watcher)
        try:
            wish = _decode(_short(text_data or bytes_data or ""))
        except (msgspec.DecodeError, UnicodeDecodeError):
            await self.close(UNREADABLE)
            return
        wanted = wish.topic
        if wanted is None:
            await self.close(FORBIDDEN)
            return
        topic, after, code = await the_hub().ask(reconnect_on_error(admitted), self.watcher.login, wanted, wish.after)
        if code:
            await self.close(code)
            return
        await the_hub().watch(self.watcher, topic, after)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """However the socket ends, its seat is free again: after an error Channels calls no `disconnect`."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.watcher:
                the_hub().go(self.watcher)
                self.watcher = None

    async def _close_with(self, code: int) -> None:
        await self.close(code)


async def _entered(watcher: Watcher) -> int:
    """Take a seat, or get the close code. Whether somebody is staff is asked only where a seat is refused."""
    code = the_hub().enter(watcher, is_staff=False)
    if not code:
        return code
    viewers = await the_hub().ask(reconnect_on_error(viewers_behind), [watcher.login])
    return the_hub().enter(watcher, is_staff=viewers[watcher.login].sees_all)


def _short(said: str | bytes) -> str | bytes:
    if len(said) > MOST_WORDS:
        raise msgspec.DecodeError("more than a browser has to say")
    return said
