"""The WebSocket endpoint `/ws/live/`. A socket subscribes to one topic at a time."""

from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http.request import validate_host

from monitoring.db.transactions import reconnect_on_error
from monitoring.live.access import FORBIDDEN, LOGGED_OUT, authorize, viewers_of_logins
from monitoring.live.subscriber import Login, Subscriber
from monitoring.live.topics import Topic, is_compared, topic_of
from monitoring.live.wiring import the_hub

INVALID_MESSAGE = 4400
MAX_MESSAGE_CHARACTERS = 8_192
"""The longest message that a browser may send."""


OpaquePosition = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{20,100}$")]
"""A position as it is sent to owners."""


class Subscribe(msgspec.Struct):
    """A message of the browser: the topic to subscribe to, its window string, whether it is compared with an earlier
    time, and the position after which to continue."""

    subscribe: str
    range: str | None = None
    compare: bool = False
    after: int | OpaquePosition | None = None

    @property
    def topic(self) -> Topic | None:
        """The topic, None if there is none of that name and window. `mine` still lacks the person of the log-in."""
        return topic_of(self.subscribe, self.range, self.compare)


_decode = msgspec.json.Decoder(Subscribe).decode


def is_same_origin(headers: list[tuple[bytes, bytes]]) -> bool:
    """Returns whether the socket's Origin is this host (RFC 6455, 10.2). Clients other than browsers send no Origin,
    and have no browser's cookies."""
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if not origins:
        return True
    try:
        hostname = urlsplit(origins[0]).hostname or ""
    except ValueError:
        return False
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
    return urlsplit(origins[0]).netloc == host and validate_host(hostname, settings.ALLOWED_HOSTS)


class LiveConsumer(AsyncWebsocketConsumer):
    """Registers a Subscriber with the hub while the socket is open; the hub sends the frames."""

    subscriber: Subscriber | None = None

    async def connect(self) -> None:
        if not is_same_origin(self.scope["headers"]):
            await self.close()
            return
        await self.accept()
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(LOGGED_OUT)
            return
        login = Login(self.scope["session"].session_key, user.pk, user.get_session_auth_hash())
        subscriber = Subscriber(self.scope.get("direct", self.base_send), self._close_with, login, user.pk)
        code = the_hub().acquire(subscriber, is_staff=False)
        if code:  # the role is queried only if the limits for everybody are reached
            viewers = await the_hub().run(reconnect_on_error(viewers_of_logins), [login])
            code = the_hub().acquire(subscriber, is_staff=viewers[login].sees_all)
        if code:
            the_hub().rejected += 1
            await self.close(code)
            return
        self.subscriber = subscriber

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.subscriber is None or self.subscriber.closing:
            return
        the_hub().mark_subscribed(self.subscriber)
        try:
            message = text_data or bytes_data or ""
            if len(message) > MAX_MESSAGE_CHARACTERS:
                raise msgspec.DecodeError("the message is too long")
            request = _decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            await self.close(INVALID_MESSAGE)
            return
        requested, login = request.topic, self.subscriber.login
        if requested is None:
            await self.close(FORBIDDEN)
            return
        since = None if is_compared(requested) else request.after  # a snapshot has all points of both times
        topic, after, code = await the_hub().run(reconnect_on_error(authorize), login, requested, since)
        if code:
            await self.close(code)
            return
        await the_hub().subscribe(self.subscriber, topic, after)

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Releases the connection here, because Channels calls no `disconnect` after an error."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.subscriber:
                the_hub().release(self.subscriber)
                self.subscriber = None

    async def _close_with(self, code: int) -> None:
        await self.close(code)
