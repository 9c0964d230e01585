"""OTLP through the real SDK, its exporter, and a real instrumentation of a real client that asks a model of our own."""

import gzip
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import pytest
from google.protobuf import json_format
from openinference.instrumentation.openai import OpenAIInstrumentor as OpenInference
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from running import Server, until

WORDS = "zebra-quail-heliotrope"


class Model(BaseHTTPRequestHandler):
    """Answers every chat completion with 7 and 5 tokens; what asks for the model `broken` with 500."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = {"role": "assistant", "content": WORDS}
        answer: dict[str, Any] = {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"],
            "choices": [{"index": 0, "message": said, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
        }  # fmt: skip
        body = json.dumps(answer).encode()
        self.send_response(500 if asked["model"] == "broken" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def model() -> Iterator[str]:
    served = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}/v1"
    served.shutdown()
    served.server_close()


@pytest.fixture
def provider(server: Server) -> Iterator[TracerProvider]:
    """As the documentation says: an endpoint and a key."""
    made = TracerProvider(resource=Resource.create({"service.name": "chat"}))
    headers = {"Authorization": f"Bearer {server.said['ingest_key']}"}
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{server.url}/v1/traces", headers=headers)))
    yield made
    made.shutdown()


def figures(server: Server, session: str, responses: int) -> dict[str, Any]:
    def there() -> Any:
        answer = server.get(f"/api/v1/sessions/{session}/statistics")
        return answer.json if answer.status == 200 and answer.json["assistant_messages"] >= responses else None

    found: dict[str, Any] = until(there, 15, session)
    return found


@pytest.mark.parametrize("kind", [OpenAIInstrumentor, OpenInference])
def test_a_real_instrumentation_s_calls_become_a_session(
    server: Server, provider: TracerProvider, model: str, kind: Any
) -> None:
    session, instrumentor = f"otlp-{kind.__module__}", kind()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with openai.OpenAI(base_url=model, api_key="none", max_retries=0) as client:
            tracer = provider.get_tracer("app")
            with tracer.start_as_current_span("turn", attributes={"session.id": session, "user.id": "alice"}):
                for name in ("llama3.2", "llama3.2"):
                    client.chat.completions.create(model=name, messages=[{"role": "user", "content": WORDS}])
                with pytest.raises(openai.InternalServerError):
                    client.chat.completions.create(model="broken", messages=[{"role": "user", "content": WORDS}])
    finally:
        instrumentor.uninstrument()
    provider.force_flush()
    found = figures(server, session, 3)
    assert (found["user_messages"], found["assistant_messages"], found["failed_messages"]) == (3, 3, 1)
    assert (found["prompt_tokens"], found["completion_tokens"], found["total_tokens"]) == (14, 10, 24)
    assert found["models"]["llama3.2"]["tokens"] == 24
    kept = b"".join(path.read_bytes() for path in server.folder.iterdir() if path.is_file())
    assert WORDS.encode() not in kept
    assert server.page(f"/api/v1/sessions/{session}", "alice").status == 200
    assert server.page(f"/api/v1/sessions/{session}", "charlie").status == 404


def test_the_dialects_that_were_seen_and_what_was_not_understood_are_told(
    server: Server, provider: TracerProvider
) -> None:
    tracer = provider.get_tracer("app")
    known = {"gen_ai.operation.name": "chat", "gen_ai.system": "ollama", "gen_ai.usage.input_tokens": 3}
    known |= {"gen_ai.usage.output_tokens": "None"}
    tracer.start_span("chat m", attributes=known | {"nobody.knows.this": "value"}).end()
    tracer.start_span("GET /", attributes={"http.request.method": "GET"}).end()
    provider.force_flush()

    def told() -> dict[tuple[str, str], int]:
        seen = server.get("/api/v1/sources").json["seen"]
        return {(row["kind"], row["name"]): row["count"] for row in seen if row["source"] == "otlp"}

    until(lambda: ("attribute", "nobody.knows.this") in told(), 10)
    assert ("dialect", "gen_ai to 1.36") in told()
    assert ("unreadable", "gen_ai.usage.output_tokens") in told()
    assert ("span", "not genai") in told()
    assert b"value" not in server.get("/api/v1/sources").body


def test_what_is_refused_is_said_in_otlp_s_own_words(server: Server) -> None:
    def sent(body: bytes, kind: str) -> Any:
        headers = {"Content-Type": kind, "Authorization": f"Bearer {server.said['ingest_key']}"}
        return server.call("POST", "/v1/traces", body, headers)

    bad = {"traceId": "0" * 32, "spanId": "1" * 16, "name": "chat", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    spans = {"resourceSpans": [{"scopeSpans": [{"spans": [bad]}]}]}
    answer = sent(json.dumps(spans).encode(), "application/json")
    assert answer.status == 200
    assert answer.json["partialSuccess"]["rejectedSpans"] in ("1", 1)
    assert "trace_id" in answer.json["partialSuccess"]["errorMessage"]
    refused = {"source": "otlp", "kind": "refused", "name": "trace_id"}
    until(lambda: any(refused.items() <= one.items() for one in server.get("/api/v1/sources").json["seen"]), 10)
    whole = sent(b"", "application/x-protobuf")
    assert (whole.status, whole.headers["Content-Type"]) == (200, "application/x-protobuf")
    assert ExportTraceServiceResponse.FromString(whole.body) == ExportTraceServiceResponse()
    for body, kind, status in [(b"{", "application/json", 400), (b"\xff", "application/x-protobuf", 400)]:
        assert sent(body, kind).status == status
    assert sent(b"{}", "text/plain").status == 415


@pytest.mark.parametrize("kind", ["application/x-protobuf", "application/json"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_batch_of_the_usual_size_with_long_prompts_is_taken(server: Server, kind: str, packed: bool) -> None:
    session = f"otlp-batch-{kind[-4:]}-{packed}"
    spans = [call(session, number, WORDS * 950) for number in range(512)]
    document = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    body = json.dumps(document).encode() if kind == "application/json" else in_protobuf(document)
    assert len(body) > 10_000_000
    headers = {"Content-Type": kind, "Authorization": f"Bearer {server.said['ingest_key']}"}
    headers |= {"Content-Encoding": "gzip"} if packed else {}
    answer = server.call("POST", "/v1/traces", gzip.compress(body, 1) if packed else body, headers)
    assert answer.status == 200, answer.body
    assert figures(server, session, 512)["total_tokens"] == 512 * 42


def call(session: str, number: int, words: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.conversation.id": session}
    used = {"gen_ai.usage.input_tokens": "40", "gen_ai.usage.output_tokens": "2"}
    return {
        "traceId": sha256(session.encode()).hexdigest()[:32], "spanId": f"{number + 1:016x}", "name": "chat", "kind": 3,
        "startTimeUnixNano": str(1_790_000_000_000_000_000 + number * 10**9),
        "endTimeUnixNano": str(1_790_000_000_500_000_000 + number * 10**9),
        "attributes": [
            *({"key": name, "value": {"stringValue": value}} for name, value in attributes.items()),
            *({"key": name, "value": {"intValue": value}} for name, value in used.items()),
            {"key": "gen_ai.input.messages", "value": {"stringValue": words}},
        ],
    }  # fmt: skip


def test_a_request_that_ends_after_its_calls_were_sent_says_whose_they_are(server: Server) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.said['ingest_key']}"}
    late = call("otlp-late", 0, WORDS)
    late["attributes"] = [one for one in late["attributes"] if one["key"] != "gen_ai.conversation.id"]
    who = {"session.id": "otlp-late", "user.id": "alice"}
    root = late | {
        "spanId": "f" * 16,
        "name": "POST /ask",
        "attributes": [{"key": name, "value": {"stringValue": value}} for name, value in who.items()],
    }
    for spans in ([late | {"parentSpanId": "f" * 16}], [root], [root]):
        body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
        assert server.call("POST", "/v1/traces", body, headers).status == 200
    found = figures(server, "otlp-late", 1)
    assert (found["message_count"], found["total_tokens"], found["average_response_time"]) == (2, 42, 0.5)
    assert server.page("/api/v1/sessions/otlp-late", "alice").status == 200
    left = server.get(f"/api/v1/sessions/trace-{late['traceId']}/statistics").json
    assert (left["message_count"], left["total_tokens"]) == (0, 0)


def in_protobuf(document: dict[str, Any]) -> bytes:
    for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId"):
            span[name] = b64encode(bytes.fromhex(span[name])).decode()
    made = json_format.ParseDict(document, ExportTraceServiceRequest())
    return bytes(made.SerializeToString())


def test_the_same_request_again_changes_nothing(server: Server) -> None:
    span = {
        "traceId": "ab" * 16, "spanId": "cd" * 8, "name": "chat m", "kind": 3,
        "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000002000000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.conversation.id", "value": {"stringValue": "otlp-twice"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "40"}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "2"}},
        ],
    }  # fmt: skip
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {server.said['ingest_key']}"}
    for _ in range(2):
        assert server.call("POST", "/v1/traces", body, headers).status == 200
    assert figures(server, "otlp-twice", 1)["total_tokens"] == 42
    assert figures(server, "otlp-twice", 1)["average_response_time"] == pytest.approx(2.0)
