"""The Azure LLM inference traces: `TIMESTAMP,ContextTokens,GeneratedTokens`, one request a line.

The file knows no sessions, no users, no model and no durations. So each request is a session of its own,
`azure-N` (N counts the requests from 1), without an owner: a user message at TIMESTAMP, and the answer with the
request's tokens one microsecond later. That microsecond only keeps the two in order: the response times of these
sessions are an artefact and say nothing about how long anybody waited.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from monitoring.ingest.sources.lines import CloudEvent, Line, cloud_event, each, read_time, write_time

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"
GAP = timedelta(microseconds=1)


def read(lines: Iterable[str], name: str) -> Iterator[Line]:
    """Two events for each request, with the source `file:NAME` and ids that are the same in every run."""
    return each(lines, partial(_parse, name))


def _parse(name: str, number: int, text: str) -> tuple[CloudEvent, ...]:
    if number == 1:
        return _header(text)
    fields = text.split(",")
    if len(fields) != 3:
        raise ValueError(f"{len(fields)} columns where three are expected: {HEADER}")
    asked = read_time("TIMESTAMP", fields[0])
    prompt, completion = _count("ContextTokens", fields[1]), _count("GeneratedTokens", fields[2])
    tokens = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return (
        _message(name, number - 1, "user", write_time(asked), {}),
        _message(name, number - 1, "assistant", write_time(asked + GAP), tokens),
    )


def _header(text: str) -> tuple[CloudEvent, ...]:
    if text != HEADER:
        raise ValueError(f"the first line must be {HEADER}")
    return ()


def _count(field: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise ValueError(f"{field}: not a count")
    return int(text)


def _message(name: str, request: int, role: str, time: str, tokens: dict[str, int]) -> CloudEvent:
    data: dict[str, Any] = {
        "message_id": f"{name}:{request}:{role}",
        "session_id": f"azure-{request}",
        "role": role,
        "status": "completed",
        **tokens,
    }
    return cloud_event(f"file:{name}", f"{request}:{role}", "message", time, data)
