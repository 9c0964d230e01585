"""Streams files block by block: under ASGI Django would read a whole file into memory for each response."""

from collections.abc import AsyncIterator, Callable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase

BLOCK_BYTES = 64 * 1024
"""Bytes per read."""


class StreamFilesMiddleware:
    """Comes before WhiteNoise in the list of middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        file = response.file_to_stream if isinstance(response, FileResponse) else None
        if file is not None and isinstance(request, ASGIRequest):
            response.streaming_content = _blocks(iter(lambda: file.read(BLOCK_BYTES), b""))  # type: ignore[attr-defined]
        return response


async def _blocks(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A block is read in a thread, after the one before has been sent."""
    following = sync_to_async(lambda: next(blocks, b""), thread_sensitive=False)
    while block := await following():
        yield block
