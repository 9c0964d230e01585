"""OTLP in protobuf and JSON: both say the same, and nonsense is refused and nothing worse."""

import base64
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from monitoring.events.envelope import Unreadable
from monitoring.ingest.body import TooLarge
from monitoring.ingest.sources.otel import chat
from monitoring.ingest.sources.otel.span import SERVER, Span
from monitoring.ingest.sources.otel.trees import Trees
from monitoring.ingest.sources.otel.wire import (
    JSON,
    PROTOBUF,
    export_response,
    read_json,
    read_protobuf,
    status_response,
)

SAMPLE = (Path(__file__).parent / "samples" / "openinference.json").read_bytes()
TRACE, ID = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
USED = "gen_ai.usage.input_tokens"


def message(**changed: Any) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = "chat-app"
    scoped = group.scope_spans.add()
    scoped.scope.name = "lib"
    fields = {"trace_id": bytes.fromhex(TRACE), "span_id": bytes.fromhex(ID), "name": "chat", "kind": 2}
    span = scoped.spans.add(**fields | {"start_time_unix_nano": 5, "end_time_unix_nano": 7} | changed)
    span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 12
    span.attributes.add(key="gen_ai.input.messages").value.string_value = "zebra-quail"
    finish = span.attributes.add(key="gen_ai.response.finish_reasons").value.array_value
    finish.values.add().string_value = "stop"
    return request


def written(span: dict[str, Any]) -> bytes:
    """The same as `message`, in JSON."""
    attributes = [
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
        {"key": "gen_ai.input.messages", "value": {"stringValue": "zebra-quail"}},
        {"key": "gen_ai.response.finish_reasons", "value": {"arrayValue": {"values": [{"stringValue": "stop"}]}}},
    ]
    fields = {"traceId": TRACE, "spanId": ID, "name": "chat", "kind": 2, "attributes": attributes}
    times = {"startTimeUnixNano": "5", "endTimeUnixNano": "7"}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "chat-app"}}]}
    scoped = {"scope": {"name": "lib"}, "spans": [fields | times | span]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [scoped]}]}).encode()


def one(body: bytes) -> Span:
    (span,) = read_json(body)
    return span


def value(given: Any) -> Any:
    """What an attribute of this AnyValue is read as."""
    return one(written({"attributes": [{"key": USED, "value": given}]})).attributes[USED]


ATTRIBUTES = {"gen_ai.usage.input_tokens": 12, "gen_ai.response.finish_reasons": ["stop"]}


def test_both_encodings_give_the_same_span_without_what_was_said() -> None:
    (read,) = read_protobuf(message().SerializeToString())
    assert read.resource == {"service.name": "chat-app"}
    assert read == one(written({}))
    assert (read.trace, read.id, read.kind, read.attributes) == (TRACE, ID, SERVER, ATTRIBUTES)
    assert "zebra-quail" not in repr(read)


def test_of_an_attribute_nobody_understands_the_name_is_kept() -> None:
    novel = [{"key": "novel", "value": {"stringValue": "zebra-quail"}}, {"key": "server.address", "value": {}}]
    assert one(written({"attributes": novel})).attributes == {"novel": None}


def test_a_span_that_failed_and_what_happened_in_it_are_read() -> None:
    status, events = {"code": 2, "message": "zebra-quail"}, [{"name": "exception", "timeUnixNano": "6"}]
    request = message(status=status)
    request.resource_spans[0].scope_spans[0].spans[0].events.add(name="exception", time_unix_nano=6)
    (read,) = read_protobuf(request.SerializeToString())
    assert read == one(written({"status": status, "events": events}))
    assert (read.failed, read.events) == (True, (("exception", 6, {}),))
    assert "zebra-quail" not in repr(read)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"intValue": "7"}, 7),
        ({"intValue": 7}, 7),
        ({"intValue": "-9223372036854775808"}, -(2**63)),
        ({"intValue": "seven"}, None),
        ({"intValue": "9" * 10_000}, int("9" * 40)),
        ({"doubleValue": "1.5"}, 1.5),
        ({"doubleValue": 1}, 1),
        ({"boolValue": False}, False),
        ({"stringValue": ""}, ""),
        ({"bytesValue": "AAEC"}, None),
        ({"arrayValue": {"values": [{"intValue": "1"}, {}]}}, [1, None]),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True}}]}}, {"k": True}),
        ({"arrayValue": {}}, []),
        ({"unheardOf": 1}, None),
        ({}, None),
        (None, None),
    ],
)
def test_numbers_may_be_strings_and_what_is_not_known_is_passed_over(given: Any, read: Any) -> None:
    assert value(given) == read


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b'"NaN"'])
def test_numbers_that_are_none_are_words_in_json_and_stop_nothing(number: bytes) -> None:
    body = written({"attributes": [{"key": USED, "value": {"doubleValue": 4.25}}]}).replace(b"4.25", number)
    assert str(one(body).attributes[USED]) in {"nan", "inf"}


def test_a_text_cut_in_the_middle_of_a_character_does_not_cost_the_request() -> None:
    body = written({"attributes": [{"key": USED, "value": {"stringValue": "cut"}}]})
    assert one(body.replace(b'"cut"', rb'"cut \ud83d here"')).attributes[USED] == "cut ? here"


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"", ""), (bytes(16), ""), (b"\x01" * 15, ""), (b"\x01" * 8_000, ""), (b"\x01" * 16, "01" * 16)],
)
def test_an_id_that_is_zero_or_of_a_wrong_length_is_none(raw: bytes, text: str) -> None:
    (span,) = read_protobuf(message(trace_id=raw).SerializeToString())
    assert span.trace == one(written({"traceId": raw.hex()})).trace == text


@pytest.mark.parametrize("text", [None, "", "x" * 32, TRACE.upper(), "é" * 32, " " + TRACE[1:]])
def test_an_id_in_json_is_hex_of_either_case(text: Any) -> None:
    assert one(written({"traceId": text})).trace == (TRACE if text and text.lower() == TRACE else "")


@pytest.mark.parametrize(
    ("time", "read"), [("12", 12), (12, 12), ("-1", 0), (-1, 0), (2**64, 0), ("9" * 30, 0), (None, 0)]
)
def test_a_time_that_does_not_fit_into_64_bits_is_none(time: Any, read: int) -> None:
    assert one(written({"startTimeUnixNano": time})).start == read


def test_enums_may_be_words_as_protobufs_own_json_has_them() -> None:
    span = one(written({"kind": "SPAN_KIND_SERVER", "status": {"code": "STATUS_CODE_ERROR"}}))
    assert (span.kind, span.failed) == (SERVER, True)


def nested(levels: int) -> bytes:
    deep = b'{"arrayValue":{"values":[' * levels + b"]}}" * levels
    return written({"attributes": [{"key": USED, "value": {"boolValue": True}}]}).replace(b'{"boolValue": true}', deep)


def in_protobuf(levels: int) -> bytes:
    request = message()
    deepest = request.resource_spans[0].scope_spans[0].spans[0].attributes.add(key=USED).value
    for _ in range(levels):
        deepest = deepest.array_value.values.add()
    return request.SerializeToString()


def test_a_value_that_is_nested_deeply_is_cut() -> None:
    assert one(nested(10)).attributes[USED] == [[[[None]]]]
    assert read_protobuf(in_protobuf(30))[0].attributes[USED] == [[[[None]]]]


def test_a_value_that_is_nested_deeper_than_can_be_read_is_unreadable() -> None:
    with pytest.raises(Unreadable, match=r"^.{1,400}$"):
        read_json(nested(100_000))
    with pytest.raises(Unreadable, match=r"^.{1,400}$"):
        read_protobuf(in_protobuf(100))


@pytest.mark.parametrize(
    "body", [b"[]", b"7", b"", b"{", b'{"resourceSpans": 7}', b'{"resourceSpans": [null]}', b"\xff"]
)
def test_a_body_that_is_no_request_in_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_json(body)


def test_a_resource_behind_its_spans_is_theirs_too() -> None:
    request = message()
    group = request.resource_spans[0]
    alone = type(group)(scope_spans=group.scope_spans).SerializeToString()
    behind = type(group)(resource=group.resource).SerializeToString()
    body = b"\x0a" + varint(len(alone + behind)) + alone + behind
    assert read_protobuf(body) == read_protobuf(request.SerializeToString())
    late = json.loads(written({}))["resourceSpans"][0]
    body = json.dumps({"resourceSpans": [dict(reversed(late.items()))]}).encode()
    assert read_json(body) == read_json(written({}))


def varint(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80]) + varint(value >> 7) if value > 0x7F else bytes([value])


@pytest.mark.parametrize("odd", [{"name": 7}, {"events": [5]}, {"attributes": "none"}, {"kind": [2]}])
def test_a_span_in_json_that_is_none_costs_itself_and_no_other(odd: dict[str, Any]) -> None:
    request = json.loads(written({}))
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans.insert(0, spans[0] | odd)
    first, second = read_json(json.dumps(request).encode())
    assert (first.problem or "").startswith("span: not valid OTLP")
    assert second == one(written({}))


def test_a_value_that_is_none_of_otlps_costs_itself_and_is_told() -> None:
    odd = {"key": USED, "value": {"stringValue": 5}}
    span = one(written({"attributes": [odd], "startTimeUnixNano": 1.79e18, "endTimeUnixNano": "1.8e18"}))
    (mapped,) = chat.read([span], Trees())
    assert (mapped.problem, mapped.invalid) == (None, (USED,))


BATCH, PROMPT = 512, "zebra quail " * 1_700
"""What the exporters of the SDKs send at once without a setting; and a prompt of 20 KiB."""


def batch(read: Any) -> bytes:
    if read is read_json:
        request = json.loads(written({}))
        scoped = request["resourceSpans"][0]["scopeSpans"][0]
        scoped["spans"][0]["attributes"][1]["value"]["stringValue"] = PROMPT
        scoped["spans"] *= BATCH
        return json.dumps(request).encode()
    made = message()
    spans = made.resource_spans[0].scope_spans[0].spans
    spans[0].attributes[1].value.string_value = PROMPT
    for _ in range(BATCH - 1):
        spans.add().CopyFrom(spans[0])
    return made.SerializeToString()


@pytest.mark.parametrize("read", [read_protobuf, read_json])
def test_what_is_said_in_a_batch_is_not_in_memory_a_second_time(read: Any) -> None:
    body = batch(read)
    tracemalloc.start()
    found = read(body)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(body) > 10_000_000, len(found), found[-1]) == (True, BATCH, one(written({})))
    assert most < len(body) / 5


@pytest.mark.parametrize("read", [read_protobuf, read_json])
def test_more_spans_than_a_request_may_hold_are_not_read_to_their_end(read: Any) -> None:
    with pytest.raises(TooLarge):
        read(batch(read), BATCH - 1)
    nothing = {read_protobuf: b"\x0a\x04\x12\x02" + b"\x12\x00", read_json: b'{"resourceSpans": [{}, {}, {}'}
    many = nothing[read] * 3_000_000 if read is read_protobuf else nothing[read] + b",{}" * 3_000_000 + b"]}"
    tracemalloc.start()
    with pytest.raises(TooLarge):
        read(many)
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(("each", "error"), [(b"1", Unreadable), (b"[]", Unreadable), (b"{}", TooLarge)])
def test_of_a_list_of_spans_that_are_none_no_list_is_made(each: bytes, error: type[Exception]) -> None:
    body = b'{"resourceSpans": [{"scopeSpans": [{"spans": [' + each + (b"," + each) * 600_000 + b"]}]}]}"
    tracemalloc.start()
    with pytest.raises(error):
        read_json(body)
    assert tracemalloc.get_traced_memory()[1] < len(body) * 10
    tracemalloc.stop()
    with pytest.raises(error):
        read_json(b'{"double": NaN, ' + body[1:])


def test_a_large_request_in_json_whose_texts_are_full_of_commas_is_read() -> None:
    prompt = {"key": "llm.prompts", "value": {"stringValue": "1,2," * 500_000}}
    read = one(written({"attributes": [prompt], "status": {"code": 2}}))
    assert (read.attributes, read.failed) == ({}, True)


def field(number: int, inner: bytes) -> bytes:
    """A message, or a text, as a field of another."""
    return bytes([number << 3 | 2]) + varint(len(inner)) + inner


PAIRS = b"\x4a\x00" * 1_000_000
"""As many attributes of a span, all empty."""
EMPTY = {
    "groups": b"\x0a\x00" * 1_000_000,
    "numbers in a group": field(1, b"\x18\x01" * 1_000_000),
    "attributes of a resource": field(1, field(1, b"\x0a\x00" * 1_000_000) + field(2, field(2, b""))),
    "attributes of a scope": field(1, field(2, field(1, b"\x1a\x00" * 1_000_000) + field(2, b""))),
    "attributes of many spans": field(1, field(2, field(2, b"\x4a\x00" * 100_000) * 21)),
    "events": field(1, field(2, field(2, b"\x5a\x00" * 100_000) * 6)),
}


@pytest.mark.parametrize("body", EMPTY.values(), ids=EMPTY)
def test_more_fields_than_the_spans_of_a_request_have_are_not_read_to_their_end(body: bytes) -> None:
    with pytest.raises(TooLarge):
        read_protobuf(body)


USED_IN_DEPTH = field(9, field(1, USED.encode()) + field(2, field(5, b"\x0a\x00" * 1_000_000)))


@pytest.mark.parametrize("span", [PAIRS, b"\x5a\x00" * 1_000_000, USED_IN_DEPTH], ids=["pairs", "events", "values"])
def test_a_span_with_more_fields_than_can_be_read_costs_itself_and_no_other(span: bytes) -> None:
    usual = message().SerializeToString()
    first, second = read_protobuf(field(1, field(2, field(2, span))) + usual)
    assert (first.problem or "").startswith("span: not valid OTLP: more attributes")
    assert [second] == read_protobuf(usual)


def test_a_large_span_of_many_attributes_and_of_long_texts_is_read() -> None:
    made = message()
    span = made.resource_spans[0].scope_spans[0].spans[0]
    for index in range(10_000):
        span.attributes.add(key=f"llm.input_messages.{index}.message.content").value.string_value = "zebra-quail" * 20
    assert span.ByteSize() > 2_000_000
    assert read_protobuf(made.SerializeToString()) == read_json(written({}))


def test_an_empty_request_has_no_spans() -> None:
    assert read_json(b"{}") == read_protobuf(b"") == []


def survives(read: Any, body: bytes) -> None:
    try:
        spans = read(body)
    except Unreadable:
        return
    for mapped in chat.read(spans, Trees()):
        assert bool(mapped.problem) == (mapped.outcome == "refused")


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_spans_or_unreadable(body: bytes) -> None:
    survives(read_protobuf, body)
    survives(read_json, body)


@given(st.data())
def test_a_damaged_request_is_spans_or_unreadable(data: st.DataObject) -> None:
    for read, body in ((read_protobuf, message().SerializeToString()), (read_json, written({}))):
        damaged = bytearray(body)
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(damaged) - 1))
            damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        survives(read, bytes(damaged))


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("traceId", "parentSpanId", "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes", "events", "status")


@given(st.dictionaries(st.sampled_from(FIELDS), JSONS))
def test_a_span_in_json_whatever_its_fields_hold_is_read_or_unreadable(changed: dict[str, Any]) -> None:
    survives(read_json, written(changed))


def test_a_request_taken_as_a_whole_is_answered_with_nothing_to_say() -> None:
    assert export_response(JSON, 0, "") == b"{}"
    assert export_response(PROTOBUF, 0, "") == b""


def test_the_answer_tells_how_many_spans_were_rejected_and_why() -> None:
    assert json.loads(export_response(JSON, 2, "no")) == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": "no"}
    }
    said = ExportTraceServiceResponse.FromString(export_response(PROTOBUF, 2, "no")).partial_success
    assert (said.rejected_spans, said.error_message) == (2, "no")


def test_a_refusal_is_a_google_rpc_status() -> None:
    assert json.loads(status_response(JSON, "no")) == {"code": 3, "message": "no"}
    assert Status.FromString(status_response(PROTOBUF, "no", 8)) == Status(code=8, message="no")


def test_a_recorded_request_is_the_same_in_both_encodings() -> None:
    request = json_format.Parse(as_protobufs_json(SAMPLE), ExportTraceServiceRequest())
    assert read_protobuf(request.SerializeToString()) == read_json(SAMPLE)


def as_protobufs_json(body: bytes) -> str:
    """Ids in base64, as protobuf's own JSON has bytes."""
    document = json.loads(body)
    for group in document["resourceSpans"]:
        for span in (span for scoped in group["scopeSpans"] for span in scoped["spans"]):
            for field in {"traceId", "spanId", "parentSpanId"} & span.keys():
                span[field] = base64.b64encode(bytes.fromhex(span[field])).decode()
    return json.dumps(document)
