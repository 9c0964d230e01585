"""Limits of one connection in bytes and seconds, for both servers. Pure."""

HEAD_SECONDS = 15.0
"""Seconds in which a whole request head must arrive, counted from its first byte (or from the connection)."""
HEAD_BYTES = 64 * 1024
"""Bytes of a request head, and of a body's chunk sizes and trailers (Daphne: 16 KiB, Twisted's own bound)."""
BODY_SECONDS = 30.0
"""Seconds in which a whole body must arrive."""
PAGE_BYTES = 128 * 1024
"""Bytes of a body to any path but ingest's: the largest form of the pages has a few kB."""
WAITING_BYTES = 256 * 1024
"""Bytes of a body in the application's queue at which reading from the client is paused (Daphne; uvicorn: 64 KiB)."""
LINGER_SECONDS = 5.0
"""Seconds for which the rest of a rejected body is read and dropped, so that the client can read the response: closing
a socket with unread bytes sends a reset, and the client may lose the response."""
LINGER_BYTES = 64 * 1024 * 1024
"""The largest such rest."""
WRITE_SECONDS = 30.0
"""Seconds without progress after which a connection whose client does not read the response is aborted."""
