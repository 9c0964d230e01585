"""The documentation against the code: every setting stands in the table, every command is named."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as known

from bench.figures import RESULTS
from bench.figures import known as results
from bench.readme import refreshed
from monitoring.live.capacity import STAGE_BATCH_ENTRIES, capacity_limits
from monitoring.live.hub import Hub
from monitoring.pipeline import advance as pipeline

ROOT = Path(__file__).resolve().parents[1]


def settings() -> Iterator[str]:
    """The names that the settings read from the environment."""
    for node in ast.walk(ast.parse((ROOT / "sbdash" / "settings.py").read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "env"
            and node.args
        ):
            name = node.args[0]
            assert isinstance(name, ast.Constant)
            yield str(name.value)


def commands() -> Iterator[str]:
    for path in (ROOT / "monitoring").glob("*/management/commands/*.py"):
        if path.stem != "__init__":
            yield path.stem


def table() -> str:
    return "\n".join(line for line in (ROOT / "docs" / "operate.md").read_text().splitlines() if line.startswith("|"))


def test_every_setting_stands_in_the_table_of_operate_md() -> None:
    names = set(settings())
    assert {"DATABASE_URL", "DATA_DIR", "SECRET_KEY"} <= names
    assert sorted(name for name in names if f"`{name}`" not in table()) == []


def test_the_table_names_no_setting_that_nobody_reads() -> None:
    read = set(settings())
    named = set(re.findall(r"^\|\s*`([A-Z][A-Z_]+)`", table(), re.MULTILINE))
    assert sorted(named - read) == []


@pytest.mark.django_db
def test_the_table_of_bounds_names_every_bound_and_no_other() -> None:
    part = (ROOT / "docs" / "operate.md").read_text().partition("## Bounds")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]*) ?\| [^|]+ \|$", part, re.MULTILINE)[1:]
    named = [name for name, _ in rows if name != "---"]
    assert named == [bound.name for bound in capacity_limits(Hub(_never, _never, _never))]
    assert sorted(bound.name for bound in capacity_limits(Hub(_never, _never, _never)) if bound.limit <= 0) == []
    for _, setting in rows:
        assert not setting.strip("` -") or hasattr(known, setting.strip("` "))


@pytest.mark.django_db
def test_the_bounds_are_told_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.listdir

    def listdir(path: str) -> list[str]:
        if path == "/proc/self/fd":
            raise FileNotFoundError(path)
        return listed(path)

    monkeypatch.setattr(os, "listdir", listdir)
    assert "open files" in {bound.name for bound in capacity_limits(Hub(_never, _never, _never))}


def test_what_the_bounds_say_of_a_batch_is_what_the_pipeline_reads() -> None:
    assert STAGE_BATCH_ENTRIES == pipeline.BATCH_ENTRIES * pipeline.MAX_READ_FACTOR


def _never(*_: object) -> Any:
    raise AssertionError


def test_every_command_is_named_in_the_documentation() -> None:
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    words = "\n".join(page.read_text() for page in pages if page.exists())
    assert {"serve", "rebuild", "verify_journal"} <= set(commands())
    assert sorted(name for name in commands() if not re.search(rf"\b{name}\b", words)) == []


def test_the_figures_of_the_readme_are_those_of_the_benchmarks() -> None:
    text = (ROOT / "README.md").read_text()
    assert refreshed(text, results(RESULTS)) == text, "python bench/readme.py writes the table"


def test_the_files_that_develop_md_names_are_there() -> None:
    named = re.findall(r"`([\w/.-]+/[\w.-]*)`", (ROOT / "docs" / "develop.md").read_text())
    paths = [name for name in named if name.endswith((".py", ".js", ".csv", "/"))]
    assert len(paths) > 100
    assert [name for name in paths if not (ROOT / name).exists() and not (ROOT / "monitoring" / name).exists()] == []
