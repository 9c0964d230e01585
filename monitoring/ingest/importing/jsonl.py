"""Reads JSON lines: one CloudEvent a line, with its own id and source. Pure."""

from collections.abc import Iterable, Iterator

from monitoring.ingest.importing.lines import Line, parse_lines, read_object
from monitoring.ingest.sources.cloud_event import CloudEvent


def read(lines: Iterable[str], name: str) -> Iterator[Line]:
    """Yields every line's event, not yet validated. `name` is unused, because an event has its own source."""
    return parse_lines(lines, _parse)


def _parse(number: int, text: str) -> tuple[CloudEvent, ...]:
    return (read_object(text),)
