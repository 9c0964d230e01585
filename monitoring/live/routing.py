"""URL patterns of the WebSockets."""

from collections.abc import Awaitable, Callable

from django.urls import path, re_path

from monitoring.live.consumers import LiveConsumer


async def reject(
    scope: object, receive: Callable[[], Awaitable[object]], send: Callable[[dict[str, str]], Awaitable[None]]
) -> None:
    """Reject the handshake at any other path; without this Channels would log a traceback."""
    await receive()
    await send({"type": "websocket.close"})


websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi()), re_path("", reject)]  # type: ignore[arg-type]
