"""An open socket, the log-in that opened it, and the frames that it gets. Pure."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from time import monotonic

from monitoring.live.topics import Topic

Message = dict[str, str]
"""An ASGI message."""


@dataclass(frozen=True, slots=True)
class Login:
    """The log-in that opened a socket: keys of its session and user, and the session's hash of the password."""

    session_key: str
    user: int
    auth_hash: str


@dataclass(frozen=True, slots=True)
class Frame:
    """An encoded frame, and the position that its subscribers have after it."""

    text: str
    position: int

    @property
    def message(self) -> Message:
        """The ASGI message, shared by all subscribers."""
        return {"type": "websocket.send", "text": self.text}


@dataclass(eq=False, slots=True)
class Subscriber:
    """One open socket. `send` takes ASGI messages; sockets of the same `user` are counted together."""

    send: Callable[[Message], Coroutine[object, None, None]]
    close: Callable[[int], Awaitable[None]]
    login: Login
    user: int = 0
    topic: Topic | None = None
    cursor: int = 0
    busy: bool = False
    connected_at: float = field(default_factory=monotonic)
    """By the monotonic clock."""
    closing: bool = False
    is_staff: bool = False
    """True if it was admitted under the limits for staff."""

    @property
    def quota(self) -> tuple[int, bool]:
        """The key under which its user's sockets are counted."""
        return self.user, self.is_staff


Subscription = tuple[Login, Topic | None]
"""A log-in and its topic, None before it subscribes."""
