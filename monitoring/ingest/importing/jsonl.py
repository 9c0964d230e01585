"""JSON lines: one CloudEvent a line, handed on as it is, with its own id and source. Pure."""

from collections.abc import Iterable, Iterator

from monitoring.ingest.importing.lines import Line, each, read_object
from monitoring.ingest.sources.cloud_event import CloudEvent


def read(lines: Iterable[str], name: str) -> Iterator[Line]:
    """Every line's event, not yet validated. `name` is not needed here: an event names its source itself."""
    return each(lines, _parse)


def _parse(number: int, text: str) -> tuple[CloudEvent, ...]:
    return (read_object(text),)
