"""Message events, encoded beforehand: a batch becomes a new one by replacing its number and its time."""

import json
from time import gmtime, strftime, time
from typing import Any

NUMBER, STAMP = "@NUMBER", "@TIME"
SESSIONS = 250
"""Sessions that one sender speaks of."""


def event(id: str, kind: str, at: str, data: dict[str, Any]) -> dict[str, Any]:
    """A CloudEvent."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": "bench",
        "type": kind,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }


def message(worker: int, index: int) -> dict[str, Any]:
    """Question and answer take turns in each session."""
    id = f"r{worker}-{NUMBER}-{index}"
    data = {
        "message_id": id,
        "session_id": f"s{worker}-{index % SESSIONS}",
        "user_id": f"u{index % 50}",
        "role": "assistant" if index // SESSIONS % 2 else "user",
        "status": "completed",
        "model": "m",
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "total_tokens": 30,
        "cost": 0.0001,
    }
    return event(id, "message", f"{STAMP}{index % 1000:03d}Z", data)


def templates(worker: int, size: int) -> list[bytes]:
    """`size` events, their number and time still open."""
    return [json.dumps(message(worker, index)).encode() for index in range(size)]


def batch(templates: list[bytes]) -> bytes:
    """They as one body of a request, still open."""
    return b"[" + b",".join(templates) + b"]"


def filled(template: bytes, number: int, at: float | None = None) -> bytes:
    """The number and the time (s since 1970, exact to 1 ms; now without) put in."""
    return template.replace(NUMBER.encode(), b"%07d" % number).replace(STAMP.encode(), stamp(at).encode())


def stamp(at: float | None = None) -> str:
    """RFC 3339 to the ms, without the zone."""
    now = time() if at is None else at
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(now)) + f".{int(now % 1 * 1000):03d}"
