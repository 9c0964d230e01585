"""Traces of language models as the lines of their files: two that are written here, and the real ones where they lie.

A name ends in its kind: `agents` are spans as JSON lines, `azure` are rows of the Azure LLM inference trace.
"""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from monitoring.ingest.importing.lines import RawLine

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
REAL = {
    "agents": SHARED / "agent-traces" / "exgentic_sample.jsonl",
    "azure": SHARED / "azure-llm-2023" / "AzureLLMInferenceTrace_conv.csv",
}
AGENTS = ["written agents", *(name for name in ("agents",) if REAL[name].exists())]
AZURE = ["written azure", *(name for name in ("azure",) if REAL[name].exists())]
TRACES = AGENTS + AZURE
KIMI, DEEPSEEK = "azure/Kimi-K2.5", "azure/DeepSeek-V3.2"
BEGIN = datetime(2026, 4, 19, 10, 29, 2, 456822)
SESSIONS, REQUESTS = 46, 4_500
"""Sessions of the written agents, requests of the written Azure trace."""


def raw_lines(texts: Iterable[str]) -> Iterator[RawLine]:
    """The lines of a file, as the readers get them."""
    return (RawLine(number, text) for number, text in enumerate(texts, 1))


@cache
def lines(name: str) -> list[str]:
    """The lines of a trace, without their ends."""
    if name in REAL:
        return REAL[name].read_text(encoding="utf-8").splitlines()
    return _agents() if name == "written agents" else _azure()


def _agents() -> list[str]:
    """Calls of agents that work through long tasks: some overlap, some fail at once, none repeats an instant."""
    chance, made = random.Random(6), []
    for number in range(SESSIONS):
        model = DEEPSEEK if number % 3 == 0 else KIMI
        middle, spread = (11.0, 0.6) if model == DEEPSEEK else (4.5, 0.5)
        at = BEGIN + timedelta(hours=2.7 * number, seconds=chance.uniform(0, 900))
        for index in range(chance.randrange(12, 90)):
            failed = chance.random() < 0.065
            seconds = 0.0007 if failed else middle * 2.718281828 ** chance.gauss(0.0, spread)
            end = at + timedelta(seconds=seconds * (40 if chance.random() < 0.005 else 1))
            tokens = chance.randrange(2_000, 90_000), 0 if failed else chance.randrange(20, 900)
            made.append(_span(number, index, model, at, end, tokens, failed, zone=bool(number % 2)))
            at = max(at + timedelta(milliseconds=2), end + timedelta(seconds=chance.gauss(5.0, 8.0)))
            at += timedelta(seconds=chance.uniform(100, 2_400)) * (chance.random() < 0.02)
    return made


def _span(
    session: int, index: int, model: str, at: datetime, end: datetime, tokens: tuple[int, int], failed: bool, zone: bool
) -> str:
    utc = "+00:00" if zone else ""
    return json.dumps(
        {
            "span_id": f"{session:08x}{index:08x}",
            "session_id": f"written-{session}",
            "span_type": "llm_call",
            "operation_name": "chat",
            "start_time_iso": f"{at.isoformat(timespec='microseconds')}{utc}",
            "end_time_iso": f"{end.isoformat(timespec='microseconds')}{utc}",
            "start_time_s": at.replace(tzinfo=UTC).timestamp(),
            "end_time_s": end.replace(tzinfo=UTC).timestamp(),
            "duration_ms": (end - at) / timedelta(milliseconds=1),
            "input_tokens": tokens[0],
            "output_tokens": tokens[1],
            "request_model": model,
            "response_model": model,
            "is_error": failed,
            "status_code": 2 if failed else 1,
            "status_message": "",
            "input_messages_chars": 6_000,
        }
    )


def _azure() -> list[str]:
    """Requests a second or so apart; times have seven digits, and two may share an instant."""
    chance, made = random.Random(7), ["TIMESTAMP,ContextTokens,GeneratedTokens"]
    at = datetime(2023, 11, 16, 18, 15, 46, 680590)
    for _ in range(REQUESTS):
        context = min(14_000, int(20 + 700 * 2.718281828 ** chance.gauss(0.0, 1.0)))
        generated = min(1_000, int(7 + 120 * 2.718281828 ** chance.gauss(0.0, 1.0)))
        made.append(f"{at.strftime('%Y-%m-%d %H:%M:%S.%f')}{chance.randrange(10)},{context},{generated}")
        at += timedelta(microseconds=int(chance.expovariate(1 / 600_000)))
    return made
