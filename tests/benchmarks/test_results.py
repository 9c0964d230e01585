"""bench/results.json is of one commit, and says of which."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from running import ROOT

from bench import commit, figures, readme
from bench.figures import RESULTS, keep, known
from bench.plan import Plan, Size
from bench.run import BENCHMARKS

FOUND = known(RESULTS)


def git(folder: Path, *words: str) -> str:
    somebody = ["-c", "user.name=t", "-c", "user.email=t@t.invalid", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *somebody, "-C", str(folder), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Two commits."""
    folder = tmp_path / "clone"
    folder.mkdir()
    git(folder, "init", "-q")
    for words in ("one", "two"):
        (folder / "code.py").write_text(words)
        (folder / "README.md").write_text(words)
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", words)
    return folder


def test_the_file_is_from_a_commit_of_this_history() -> None:
    assert re.fullmatch(r"[0-9a-f]{40}", FOUND["commit"])
    assert commit.in_history(FOUND["commit"]) is not False
    assert not FOUND["dirty"]


def test_the_file_has_every_figure_of_every_benchmark() -> None:
    said = {
        (name, line["figure"], line["unit"]) for name, one in FOUND["benchmarks"].items() for line in one["figures"]
    }
    assert said == {(one.name, spec.name, spec.unit) for one in BENCHMARKS for spec in one.specs}


def test_a_clean_tree_is_its_commit_and_what_a_run_writes_does_not_make_it_dirty(clone: Path) -> None:
    name = git(clone, "rev-parse", "HEAD")
    assert commit.head(clone) == commit.Commit(name, False)
    (clone / "README.md").write_text("with other figures")
    assert commit.head(clone) == commit.Commit(name, False)
    (clone / "code.py").write_text("something else")
    assert commit.head(clone) == commit.Commit(name, True)


def test_a_commit_before_is_in_the_history_and_one_beside_it_is_not(clone: Path) -> None:
    first, last = git(clone, "rev-parse", "HEAD~"), git(clone, "rev-parse", "HEAD")
    git(clone, "checkout", "-q", first)
    assert commit.in_history(first, clone)
    assert commit.in_history(last, clone) is False
    assert commit.in_history("0" * 40, clone) is False


def test_where_git_does_not_reach_nobody_says_that_a_commit_is_missing(clone: Path, tmp_path: Path) -> None:
    first = git(clone, "rev-parse", "HEAD~")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{clone}", "shallow")
    assert commit.in_history(first, tmp_path / "shallow") is None
    inside = clone / "unpacked"
    inside.mkdir()
    for folder in (tmp_path, inside):
        assert commit.in_history(first, folder) is None
        assert commit.head(folder) == commit.Commit("", True)


def test_a_machine_without_git_knows_no_commit(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = git(clone, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", str(clone))
    assert shutil.which("git") is None
    assert commit.in_history(name, clone) is None
    assert commit.head(clone) == commit.Commit("", True)


def about(name: str, dirty: bool = False, plan: Plan | None = None) -> dict[str, Any]:
    return figures.circumstances(plan or Plan(), commit.Commit(name * 40, dirty))


def test_the_file_is_of_one_commit(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    assert keep({"rest": 1, "ingest": 2}, about("a"), True, path)
    assert keep({"rest": 3}, about("a"), False, path)
    assert json.loads(path.read_text()) == about("a") | {"benchmarks": {"rest": 3, "ingest": 2}}
    for other in (
        about("b"),
        about("a", dirty=True),
        about("a", plan=Plan(Size.SHORT)),
        about("a", plan=Plan(server="uvicorn")),
    ):
        assert not keep({"rest": 4}, other, False, path)
    assert known(path)["benchmarks"]["rest"] == 3
    assert keep({"rest": 5}, about("b"), True, path)
    assert json.loads(path.read_text()) == about("b") | {"benchmarks": {"rest": 5}}


def test_what_is_dirty_is_never_added_to(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    assert keep({"rest": 1}, about("a", dirty=True), True, path)
    assert not keep({"rest": 2}, about("a", dirty=True), False, path)


def test_the_table_says_when_it_is_not_what_it_should_be() -> None:
    assert "medians of up to three runs" in readme.block(FOUND | {"short": False})
    assert "one short run each" in readme.block(FOUND | {"short": True})
    assert "with changes" in readme.block(FOUND | {"dirty": True})


@pytest.mark.parametrize(
    ("value", "said"), [(10_293.4, "10,300"), (0.19342, "0.193"), (1.0, "1"), (99.96, "100"), (264.6, "265")]
)
def test_a_figure_has_three_digits(value: float, said: str) -> None:
    assert readme.shown(value) == said


def test_a_refreshed_page_keeps_what_stands_around_the_table() -> None:
    page = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n"
    assert readme.refreshed(page, FOUND) == f"before\n{readme.block(FOUND)}\nafter\n"
    assert readme.refreshed(readme.refreshed(page, FOUND), FOUND) == readme.refreshed(page, FOUND)


def test_the_commits_that_the_page_names_are_in_the_history() -> None:
    part = (ROOT / "README.md").read_text().partition("## Figures")[2]
    named = set(re.findall(r"\b(?:commit|at) `?([0-9a-f]{7,40})\b", part))
    assert named
    assert [name for name in named if commit.in_history(name) is False] == []
