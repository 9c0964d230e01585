"""Parses Loki's push formats (JSON, the older JSON, and protobuf) into lines. Pure.

The protobuf message is `logproto.PushRequest` of Grafana Loki's push.proto, built here from the fields that are read.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from monitoring.events.envelope import Unreadable, micros
from monitoring.ingest.sources.cloud_event import read_time


@dataclass(frozen=True, slots=True)
class Line:
    """A log line: its stream's labels, its time (`at`, ns since 1970 UTC), and its text."""

    labels: dict[str, str]
    at: int
    text: str


class _Stream(msgspec.Struct):
    stream: dict[str, Any] = {}
    values: list[list[Any]] = []
    labels: str = ""
    entries: list[dict[str, Any]] = []


class _Push(msgspec.Struct):
    streams: list[_Stream] = []


MAX_LABELS_CHARS = 16 * 1024
"""Most characters of a stream's labels."""
_LABEL = re.compile(r'\b(\w+)="((?:[^"\\]|\\.)*)"')


def decode(text: str | bytes) -> Any:
    """Parses JSON, also as Python writes it: NaN and Infinity become None, a lone surrogate is kept. Raises
    ValueError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        return json.loads(text, parse_constant=lambda constant: None)
    except RecursionError:
        raise ValueError("nested too deep") from None


def read_json(body: bytes) -> list[Line]:
    """Returns the lines of a push in JSON. Raises Unreadable."""
    try:
        push = msgspec.convert(decode(body), _Push)
        return [line for stream in push.streams for line in _lines(stream)]
    except ValueError as error:
        raise Unreadable(f"the body is not Loki's push format in JSON: {error}") from None


def _lines(stream: _Stream) -> Iterator[Line]:
    labels = {str(name): str(value) for name, value in stream.stream.items()} or _labels(stream.labels)
    for value in stream.values:
        if len(value) < 2:
            raise ValueError("a value must be a time and a line")
        yield Line(labels, int(str(value[0])), _text(value[1]))
    for entry in stream.entries:
        at = micros(read_time("ts", entry.get("ts"))) * 1000
        yield Line(labels, at, _text(entry.get("line", "")))


def _text(value: object) -> str:
    """A line is text, but some loggers send an object. Lone surrogates become `?`."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if text.isascii() else text.encode(errors="replace").decode()


def _labels(text: str) -> dict[str, str]:
    """Parses labels in Prometheus' notation: {app="sbd", env="test"}. Raises Unreadable."""
    if len(text) > MAX_LABELS_CHARS:
        raise Unreadable(f"the labels of a stream are longer than {MAX_LABELS_CHARS} characters")
    return dict(_LABEL.findall(text))


def read_protobuf(body: bytes) -> list[Line]:
    """Returns the lines of a decompressed PushRequest. Raises Unreadable."""
    push = _PushRequest()
    try:
        push.ParseFromString(body)
    except DecodeError as error:
        raise Unreadable(f"the body is not Loki's push format in protobuf: {error}") from None
    return [line for stream in push.streams for line in _entries(_labels(stream.labels), stream.entries)]


def _entries(labels: dict[str, str], entries: Any) -> Iterator[Line]:
    for entry in entries:
        yield Line(labels, entry.timestamp.seconds * 1_000_000_000 + entry.timestamp.nanos, entry.line)


def _message(file: Any, name: str, *fields: tuple[str, int, Any, str]) -> None:
    """Adds a message type. `fields`: name, number, type, and the name of a submessage; submessages other than Timestamp
    are repeated (label 3)."""
    message = file.message_type.add(name=name)
    for field_name, number, type, message_type in fields:
        label = 3 if message_type and message_type != "Timestamp" else 1
        type_name = f".logproto.{message_type}" if message_type else None
        message.field.add(name=field_name, number=number, type=type, label=label, type_name=type_name)


def _push_request_class() -> Any:
    types = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="sbdash/push.proto", package="logproto", syntax="proto3")
    _message(file, "Timestamp", ("seconds", 1, types.TYPE_INT64, ""), ("nanos", 2, types.TYPE_INT32, ""))
    _message(file, "Entry", ("timestamp", 1, types.TYPE_MESSAGE, "Timestamp"), ("line", 2, types.TYPE_STRING, ""))
    _message(file, "Stream", ("labels", 1, types.TYPE_STRING, ""), ("entries", 2, types.TYPE_MESSAGE, "Entry"))
    _message(file, "PushRequest", ("streams", 1, types.TYPE_MESSAGE, "Stream"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("logproto.PushRequest"))


_PushRequest: Any = _push_request_class()
