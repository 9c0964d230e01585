"""Every script of bench/ runs, on little, and finds what it looks for."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from running import PASSWORD, ROOT, Server, talk

from bench import follow

pytestmark = pytest.mark.slow
RUN_BY = {
    "alerts": "benchmarks/test_scripts.py",
    "cluster": "pipeline/test_cluster.py",
    "fanout_server": "benchmarks/test_benchmarks.py",
    "fold": "benchmarks/test_scripts.py",
    "follow": "benchmarks/test_scripts.py",
    "kill": "pipeline/test_kill.py",
    "pages": "benchmarks/test_scripts.py",
    "readme": "test_docs.py",
    "pixel": "benchmarks/test_scripts.py",
    "rules": "benchmarks/test_scripts.py",
    "run": "benchmarks/test_benchmarks.py",
    "session_inside": "benchmarks/test_benchmarks.py",
    "sessions": "benchmarks/test_scripts.py",
    "soak": "pipeline/test_cluster.py",
    "soak_viewers": "pipeline/test_cluster.py",
    "tab": "benchmarks/test_scripts.py",
}

BY_HAND = ("cluster", "kill", "run", "soak")
"""Those of which only the inside is run by a test."""


def figures(table: str, columns: int) -> list[list[float]]:
    """The numbers at the end of each line that ends in so many of them."""
    number = r"\s+([\d.,]+)"
    found = re.findall(rf"^\S.*?{number * columns}$", table, re.MULTILINE)
    return [[float(each.replace(",", "")) for each in line] for line in found]


def test_each_script_is_run_by_a_test() -> None:
    scripts = {path.stem for path in (ROOT / "bench").glob("*.py") if '__name__ == "__main__"' in path.read_text()}
    assert scripts == set(RUN_BY)
    assert [name for name in RUN_BY.values() if not Path(ROOT, "tests", name).exists()] == []


@pytest.mark.parametrize("name", BY_HAND)
def test_a_script_says_how_it_is_called(name: str) -> None:
    done = subprocess.run([sys.executable, f"bench/{name}.py", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


@pytest.fixture
def script(prepared: Server, tmp_path: Path) -> Callable[..., str]:
    """Runs a script with a DATA_DIR of its own, made already; what it printed."""

    def run(name: str, *words: str, folder: str = "") -> str:
        shutil.copytree(prepared.folder, tmp_path / f"sbdash-{folder or name}")
        return Server(tmp_path, extra={"TMPDIR": str(tmp_path)}).run(f"bench/{name}.py", *words)

    return run


def test_what_each_page_asks_for_is_timed(script: Callable[..., str]) -> None:
    found = figures(script("pages", "--sessions", "2", "--turns", "1"), 2)
    assert len(found) >= 15
    assert all(p95 >= p50 > 0 for p50, p95 in found)


def test_each_way_to_list_sessions_is_timed(script: Callable[..., str]) -> None:
    found = figures(script("sessions", "--sessions", "400", "--pages", "2"), 8)
    assert len(found) >= 40
    assert all(min(first, p50, p95, longest) > 0 for first, p50, p95, longest, *_ in found)
    assert max(rows for *_, rows, _ in found) > 10


@pytest.mark.parametrize("source", ["order", "late", "demo"])
def test_the_cpu_of_each_stage_is_timed(script: Callable[..., str], source: str) -> None:
    words = ("--source", source, "--entries", "600", "--batch", "200", "--runs", "1")
    found = figures(script("fold", *words, folder=f"fold-{source}"), 5)
    assert len(found) >= 2
    assert all(total > counted > 0 for total, counted, *_ in found)


def test_a_tab_that_is_left_open_says_when_it_was_painted_and_how_it_grew(server: Server) -> None:
    server.take(talk("left-open", "alice"))
    words = {"url": server.url, "user": "bob", "password": PASSWORD, "minutes": "0.01", "every": "0.3", "times": "1"}
    said = server.run("bench/tab.py", *(word for name, value in words.items() for word in (f"--{name}", value)))
    painted = re.findall(r"painted after ([\d.]+) s", said)
    assert len(painted) == 3, said
    assert all(float(seconds) > 0 for seconds in painted)
    assert float(re.findall(r'"heap MB": ([\d.]+)', said)[0]) > 0
    assert float(re.findall(r"layout shift ([\d.]+)", said)[0]) >= 0


def test_an_event_is_timed_until_a_browser_shows_it(prepared: Server) -> None:
    said = prepared.run("bench/pixel.py", "--viewers", "2", "--events", "2", "--settle", "0")
    p50, p95, longest = (float(ms) for ms in re.findall(r"([\d,]+) ms", said.replace(",", "")))
    assert 0 < p50 <= p95 <= longest, said


def test_a_follower_that_is_killed_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert follow.main(["--changes", "400", "--kills", "1", "--look", "3"]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert " 1 kills, " in said
    assert " 0 differences" in said


def test_rules_are_tried_on_the_past_and_evaluated_live(server: Server) -> None:
    said = server.run("bench/alerts.py", "--days", "1", "--rules", "20", "--sessions", "20", "--answers", "50")
    assert len(re.findall(r"1 days of answers, dragged to [\d.]+ s: [\d,]+ ms", said)) == 6, said
    assert len(re.findall(r"1 days of minutes, \w+, (?:first|again): [\d,]+ ms", said)) == 4, said
    assert float(re.findall(r"20 rules live: ([\d.]+) % of a core", said)[0]) > 0


def test_ingest_is_measured_with_and_without_rules(prepared: Server) -> None:
    said = prepared.run("bench/rules.py", "--pairs", "1", "--seconds", "0.3")
    ((found, without, ratio),) = re.findall(r"folded: ([\d,]+) with rules, ([\d,]+) without, ([\d.]+)", said)
    assert min(int(found.replace(",", "")), int(without.replace(",", "")), float(ratio)) > 0
