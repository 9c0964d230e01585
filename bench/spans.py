"""Spans through the real OTLP exporter into the real server: how many a second are figures, and what it costs."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from bench.figures import Benchmark, Spec, Values
from bench.plan import Plan
from bench.server import Server

SPANS = (20_000, 8_000, 40)
"""Of each exporter."""
EXPORTERS = 2
SENDER = """
import sys, time
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

address, key, count, name = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
exporter = OTLPSpanExporter(address, headers={"Authorization": f"Bearer {key}"}, timeout=60)
made = []

class Keep(SpanProcessor):
    def on_end(self, span):
        made.append(span)

provider = TracerProvider(resource=Resource.create({"service.name": f"bench-{name}"}))
provider.add_span_processor(Keep())
tracer = provider.get_tracer("bench")
for number in range(count):
    now = time.time_ns()
    tracer.start_span("chat llama3.2", start_time=now - 2_000_000_000, attributes={
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "ollama", "gen_ai.request.model": "llama3.2",
        "gen_ai.response.model": "llama3.2", "gen_ai.conversation.id": f"{name}-{number // 20}",
        "gen_ai.usage.input_tokens": 60, "gen_ai.usage.output_tokens": 40, "server.address": "127.0.0.1",
        "gen_ai.response.finish_reasons": ["stop"], "server.port": 11434, "gen_ai.request.temperature": 0.7,
        "user.id": f"user-{number // 20 % 50}"}).end(now)
print("ready", flush=True)
sys.stdin.readline()
for start in range(0, count, 512):
    while exporter.export(made[start : start + 512]) is not SpanExportResult.SUCCESS:
        time.sleep(0.2)
"""
"""Makes its spans beforehand: what is measured is the exporter and the server, and not the making of spans."""


def senders(server: Server, count: int) -> list["subprocess.Popen[bytes]"]:
    """Exporters that hold their spans ready and wait for a word."""
    words = [f"http://127.0.0.1:{server.port}/v1/traces", server.first["ingest_key"], str(count)]
    made = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER, *words, f"s{number}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for number in range(EXPORTERS)
    ]
    for sender in made:
        if sender.stdout is None or sender.stdout.readline() != b"ready\n":
            raise RuntimeError("an exporter did not begin")
    return made


def measure(plan: Plan) -> Values:
    """One run: acknowledged a second, and folded a second until the last is a figure."""
    count = plan.of(SPANS)
    with plan.services.server(plan.server) as server:
        before, waiting = server.health()["head"], senders(server, count)
        began, cpu = time.monotonic(), server.cpu()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda sender: sender.communicate(b"go\n"), waiting))
        acknowledged = time.monotonic() - began
        head = server.health()["head"]
        if head - before != 2 * count * EXPORTERS:
            raise RuntimeError(f"{head - before} entries of {count * EXPORTERS} spans: {server.words()}")
        server.await_folded(head, 300)
        folded = time.monotonic() - began
        return {
            "acknowledged": count * EXPORTERS / acknowledged,
            "folded": count * EXPORTERS / folded,
            "cpu": (server.cpu() - cpu) / (count * EXPORTERS) * 1000,
            "memory": server.memory(),
        }


BENCHMARK = Benchmark(
    "spans",
    (
        Spec("spans acknowledged", "acknowledged", "spans/s"),
        Spec("spans folded", "folded", "spans/s"),
        Spec("CPU for 1,000 spans", "cpu", "s"),
        Spec("memory", "memory", "MB"),
    ),
    measure,
    seconds=50,
)
