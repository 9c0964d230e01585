"""Whoever sends events to the door."""

import http.client
import json
from typing import Any

BATCH = "application/cloudevents-batch+json"


class Refused(ConnectionError):
    """The door says: slow down, or something worse."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body[:200]!r}")
        self.status = status


class Sender:
    """One connection to the door, kept open; anew after it broke."""

    def __init__(self, port: int, key: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": BATCH}

    def post(self, body: bytes) -> dict[str, Any]:
        """The answer. Raises Refused when it is not 200, ConnectionRefusedError when nobody listens (nothing was sent),
        another ConnectionError when no answer came whole."""
        if self.connection.sock is None:
            self.connection.connect()
        try:
            self.connection.request("POST", "/api/v1/events", body, self.headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise ConnectionError(f"{type(error).__name__}: {error}") from error
        if answer.status != 200:
            raise Refused(answer.status, text)
        said: dict[str, Any] = json.loads(text)
        return said
