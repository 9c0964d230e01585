"""The documentation against the code: settings, commands, limits, links, and the files that pages name."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as known
from django.core.management import get_commands, load_command_class

from bench.figures import RESULTS
from bench.figures import known as results
from bench.readme import refreshed
from monitoring.live.capacity import STAGE_BATCH_ENTRIES, capacity_limits
from monitoring.live.hub import Hub
from monitoring.pipeline import advance as pipeline

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


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
    words = "\n".join(page.read_text() for page in PAGES)
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


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        name, _, anchor = link.partition("#")
        if "://" in name:
            continue
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_readme_leads_to_every_page() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in LINK.findall((ROOT / "README.md").read_text())}
    assert sorted(page.name for page in PAGES if page not in linked and page.name != "README.md") == []


def printed() -> Iterator[list[str]]:
    """The words of every command in a fenced block of shell, continued lines joined."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text()):
            for line in block.replace("\\\n", " ").splitlines():
                yield from (part.split() for part in line.partition("  #")[0].split("&&"))


def options(words: list[str]) -> Iterator[str]:
    return (word.partition("=")[0] for word in words if word.startswith("--"))


def test_every_command_of_manage_py_and_its_options_exist() -> None:
    seen = set()
    for words in printed():
        if "manage.py" in words:
            name, *rest = words[words.index("manage.py") + 1 :]
            command = load_command_class(get_commands()[name], name)
            known_options = command.create_parser("manage.py", name)._option_string_actions
            assert [option for option in options(rest) if option not in known_options] == [], words
            seen.add(name)
    assert {"import_events", "follow_mongodb", "verify_journal", "check_consistency", "rebuild"} <= seen


def test_every_target_of_make_and_every_script_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = {words[words.index("make") + 1] for words in printed() if "make" in words}
    assert {"demo", "run", "test"} <= made
    assert made <= targets
    text = "\n".join(page.read_text() for page in PAGES)
    scripts = set(re.findall(r"\b(?:bench|tests)/[\w/.-]*\w", text))
    assert len(scripts) > 10
    assert sorted(script for script in scripts if not (ROOT / script).exists()) == []
