"""Addresses of WebSockets."""

from typing import Any

from django.urls import path, re_path

from monitoring.live.consumers import LiveConsumer


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """Any other address: the handshake is refused, without a traceback in the log."""
    await receive()
    await send({"type": "websocket.close"})


websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi()), re_path("", nowhere)]  # type: ignore[arg-type]
