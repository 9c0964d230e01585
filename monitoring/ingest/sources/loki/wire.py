"""Parses Loki's push formats (JSON, the older JSON, and protobuf) into lines. Pure.

The protobuf message is `logproto.PushRequest` of Grafana Loki's push.proto, built here from the fields that are read.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.message import DecodeError

from monitoring.events.envelope import Unreadable, micros
from monitoring.events.json import Json
from monitoring.ingest.sources.cloud_event import read_time


@dataclass(frozen=True, slots=True)
class Line:
    """A log line: its stream's labels, its time (`at`, ns since 1970 UTC), and its text."""

    labels: dict[str, str]
    at: int
    text: str


class _Entry(msgspec.Struct):
    ts: object = None
    line: object = ""


class _Stream(msgspec.Struct):
    """`labels` and `entries` are those of the older format."""

    stream: dict[str, object] = {}
    values: list[list[object]] = []
    labels: str = ""
    entries: list[_Entry] = []


class _Push(msgspec.Struct):
    streams: list[_Stream] = []


MAX_LABELS_CHARS = 16 * 1024
"""Most characters of a stream's labels."""
_LABEL = re.compile(r'\b(\w+)="((?:[^"\\]|\\.)*)"')


def decode(text: str | bytes) -> Json:
    """Parses JSON, also as Python writes it: NaN and Infinity become None, a lone surrogate is kept. Raises
    ValueError."""
    parsed: Json
    try:
        parsed = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            parsed = json.loads(text, parse_constant=lambda constant: None)
        except RecursionError:
            raise ValueError("nested too deep") from None
    return parsed


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
        yield Line(labels, micros(read_time("ts", entry.ts)) * 1000, _text(entry.line))


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
    lines = []
    for stream in push.streams:
        labels = _labels(stream.labels)
        for entry in stream.entries:
            lines.append(Line(labels, entry.timestamp.seconds * 1_000_000_000 + entry.timestamp.nanos, entry.line))
    return lines


_MESSAGES = {
    "Timestamp": [
        Field(name="seconds", number=1, type=Field.TYPE_INT64),
        Field(name="nanos", number=2, type=Field.TYPE_INT32),
    ],
    "Entry": [
        Field(name="timestamp", number=1, type_name=".logproto.Timestamp"),
        Field(name="line", number=2, type=Field.TYPE_STRING),
    ],
    "Stream": [
        Field(name="labels", number=1, type=Field.TYPE_STRING),
        Field(name="entries", number=2, type_name=".logproto.Entry", label=Field.LABEL_REPEATED),
    ],
    "PushRequest": [Field(name="streams", number=1, type_name=".logproto.Stream", label=Field.LABEL_REPEATED)],
}
_FILE = FileDescriptorProto(name="sbdash/push.proto", package="logproto", syntax="proto3")
_FILE.message_type.extend(DescriptorProto(name=name, field=fields) for name, fields in _MESSAGES.items())
_PushRequest = message_factory.GetMessages([_FILE])["logproto.PushRequest"]
