"""What one connection may take of bytes and seconds, on either server. Pure."""

HEAD_SECONDS = 15.0
"""Seconds in which a whole request head must arrive, counted from its first byte (or from the connection)."""
HEAD_BYTES = 64 * 1024
"""Bytes of a request head, and of a body's chunk sizes and trailers (Daphne: 16 KiB, Twisted's own bound)."""
BODY_SECONDS = 30.0
"""Seconds in which a whole body must arrive."""
PAGE_BYTES = 128 * 1024
"""Bytes of a body to any address but those of the ingest door: the largest form of the pages has a few kB."""
WAITING_BYTES = 256 * 1024
"""Bytes of a body that wait for the application before its sender is held up (Daphne; uvicorn's own are 64 KiB)."""
LINGER_SECONDS = 5.0
"""Seconds for which the rest of a refused body is read and dropped, so that its sender reads the answer: a socket that
is closed with unread bytes is reset, and the answer with it."""
LINGER_BYTES = 64 * 1024 * 1024
"""Bytes of such a rest."""
WRITE_SECONDS = 30.0
"""Seconds after which a client that has read nothing more of its answer is let go."""
