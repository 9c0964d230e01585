"""Reads the Azure LLM inference traces: `TIMESTAMP,ContextTokens,GeneratedTokens`, one request a line. Pure.

The file has no sessions, users, models or durations. So each request becomes a session, `azure-N` (N counts the lines
below the header from 1), without an owner: a question at TIMESTAMP, and an answer with the request's tokens one
microsecond later. The microsecond only keeps both in order: the response times of these sessions are an artefact.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from monitoring.events.numbers import as_number, read_count
from monitoring.ingest.importing.lines import InvalidImport, Line, RawLine, parse_lines
from monitoring.ingest.importing.table import Row, Table
from monitoring.ingest.sources.cloud_event import CloudEvent, cloud_event, read_time, write_time

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"
ANSWER_DELAY = timedelta(microseconds=1)


def read(lines: Iterable[RawLine], name: str) -> Iterator[Line]:
    """Yields two events for each request, with the source `file:NAME` and ids that are the same in every run. Raises
    InvalidImport."""
    table = Table(lines, ",")
    if ",".join(table.columns) != HEADER:
        raise InvalidImport(f"not an Azure LLM trace: its first line must be {HEADER}")
    return parse_lines(table, lambda row: Line(row, _events(name, row)))


def _events(name: str, row: Row) -> tuple[CloudEvent, ...]:
    time, context, generated = row.cells
    question_time = read_time("TIMESTAMP", time)
    prompt, completion = read_count(context), read_count(generated)
    tokens = {"prompt_tokens": as_number(context), "completion_tokens": as_number(generated)}
    if prompt is not None and completion is not None:
        tokens["total_tokens"] = prompt + completion
    return (
        _message(name, row.number - 1, "user", write_time(question_time), {}),
        _message(name, row.number - 1, "assistant", write_time(question_time + ANSWER_DELAY), tokens),
    )


def _message(name: str, request: int, role: str, time: str, tokens: Mapping[str, object]) -> CloudEvent:
    data = {
        "message_id": f"{name}:{request}:{role}",
        "session_id": f"azure-{request}",
        "role": role,
        "status": "completed",
        **tokens,
    }
    return cloud_event(f"file:{name}", f"{request}:{role}", "message", time, data)
