"""README's table of figures, made from `bench/results.json`: `python bench/readme.py` writes it."""

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.figures import RESULTS, known

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- figures: make bench writes them -->", "<!-- end of figures -->"
ROWS = (
    (
        "events acknowledged, on SQLite",
        "{ingest|acknowledged}/s",
        "{ingest|acknowledged|ratio} of a bare durable SQLite insert",
    ),
    ("the same, folded", "{ingest|folded}/s", "{ingest|server CPU} s of CPU for 1,000 events"),
    ("answer to 512 events at that load, p50 / p99", "{ingest|answer p50} / {ingest|answer p99} ms", ""),
    (
        "one more message, a batch of its own, into a session of 100,000, against 10",
        "{session|in order, 100,000 messages|value / 1000} ms, {session|in order, 100,000 : 10} ×",
        "a recalculation takes {session|in order, 100,000 messages|baseline_value / 1000} ms",
    ),
    ("the figures of that session", "{session|query, 100,000 messages|value / 1000} ms", ""),
    (
        "event to frame at 1,000 events/s and 100 viewers, p50 / p95",
        "{frames|event to frame p50} / {frames|event to frame p95} ms",
        "frames leave every 175 ms",
    ),
    (
        "1,000 viewers at 10 frames/s on Daphne: delivered, p99",
        "{fanout|daphne, 1,000 viewers, delivered} %, {fanout|daphne, 1,000 viewers, p99} ms",
        "{fanout|daphne, 1,000 viewers, cpu} µs of CPU a frame",
    ),
    (
        "the same on uvicorn",
        "{fanout|uvicorn, 1,000 viewers, delivered} %, {fanout|uvicorn, 1,000 viewers, p99} ms",
        "{fanout|uvicorn, 1,000 viewers, cpu|ratio} × the CPU of bare `websockets`",
    ),
    (
        "at rest",
        "{rest|memory, idle} MB, {rest|CPU, idle} % of a core",
        "bare Daphne: {rest|memory, idle|baseline_value} MB",
    ),
    (
        "a change in the chat application's MongoDB to a figure, p50 / p95",
        "{mongo|change to figure, p50} / {mongo|change to figure, p95} ms",
        "a stand-in server (secantusdb), as for the next",
    ),
    (
        "its history, read and folded",
        "{mongo|history: messages folded} messages/s",
        "{mongo|history: documents, against bare reading|ratio} of bare reading",
    ),
    ("OTLP spans folded", "{spans|spans folded}/s", "two real exporters on the same cores"),
    (
        "on PostgreSQL, one process: events acknowledged / folded",
        "{postgres|acknowledged} / {postgres|folded} a second",
        "the database on the same cores, its disk writes waited for",
    ),
    (
        "the same, pipeline apart",
        "{postgres|pipeline apart: acknowledged} / {postgres|pipeline apart: folded} a second",
        "",
    ),
    (
        "two workers catch up, against one",
        "{postgres|two workers catch up|ratio} ×",
        "{postgres|the same, by their CPU|ratio} × by their CPU",
    ),
)
"""What, how much, and beside what: {benchmark|figure}, {benchmark|figure|ratio} or {benchmark|figure|value / 1000}, by
the names in the file."""
_FIGURE = re.compile(r"\{(\w+)\|([^|}]+)(?:\|(\w+)( / 1000)?)?\}")


def block(results: Mapping[str, Any]) -> str:
    """The lines between the marks, with the marks. Raises KeyError for a figure that the file does not have."""
    found = {(name, line["figure"]): line for name, made in results["benchmarks"].items() for line in made["figures"]}

    def figure(match: "re.Match[str]") -> str:
        return shown(found[match[1], match[2]][match[3] or "value"] / (1000 if match[4] else 1))

    rows = [" | ".join(_FIGURE.sub(figure, cell) for cell in row) for row in ROWS]
    return "\n".join(
        [BEGIN, *origin(results), "", "| | | |", "| --- | --- | --- |", *(f"| {row} |" for row in rows), END]
    )


def origin(results: Mapping[str, Any]) -> Iterator[str]:
    """On what it was measured, when, and how often."""
    made, days = results["versions"], {one["date"][:10] for one in results["benchmarks"].values()}
    loads = [one["load"] for one in results["benchmarks"].values()]
    commit = f"commit `{results['commit'][:7]}`{' with changes' if results['dirty'] else ''}"
    short = results["short"]
    command = "bench/run.py --short" if short else "make bench"
    runs = "one short run each" if short else "medians of up to three runs"
    yield f"Measured by `{command}` at {commit} on {day(max(days))}; {runs}, kept in `bench/results.json`."
    yield f"{made['cpus']} cores, {made['platform']}, Python {made['python']}, SQLite {made['sqlite']}; everything"
    yield f"(senders, viewers, server) on the one machine, its load average {shown(min(loads))} to {shown(max(loads))}."


def day(iso: str) -> str:
    found = date.fromisoformat(iso)
    return f"{found.day} {found:%B %Y}"


def shown(value: float) -> str:
    """Three digits that mean something."""
    near = float(f"{value:.3g}")
    return f"{near:,.0f}" if abs(near) >= 100 else f"{near:g}"


def refreshed(readme: str, results: Mapping[str, Any]) -> str:
    """README with the table of these results."""
    before, _, rest = readme.partition(BEGIN)
    return before + block(results) + rest.partition(END)[2]


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text(), known(RESULTS)))
