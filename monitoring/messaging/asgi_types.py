"""The types of ASGI, once. Which keys a scope or a message has depends on its `type`. Pure."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

Scope: TypeAlias = dict[str, Any]
Message: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[..., Awaitable[None]]
"""`application(scope, receive, send)`. Django, Daphne and uvicorn each have types of their own for the three."""
Header: TypeAlias = tuple[bytes, bytes]
