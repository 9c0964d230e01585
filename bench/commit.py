"""The commit that is measured, and a check that a named commit is one of this history."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ("bench/results.json", "bench/soak.json", "README.md")
"""The files that a run itself writes."""


@dataclass(frozen=True, slots=True)
class Commit:
    """`name` is the whole hash, empty where git does not know one; `dirty` when files differ from it."""

    name: str
    dirty: bool


def head(root: Path = ROOT) -> Commit:
    """The commit that is checked out; files that a benchmark writes do not make it dirty."""
    if not _is_clone(root):
        return Commit("", True)
    changed = _git(root, "status", "--porcelain", "--", ".", *(f":!{name}" for name in WRITTEN))
    return Commit(_git(root, "rev-parse", "HEAD") or "", changed != "")


def in_history(name: str, root: Path = ROOT) -> bool | None:
    """True if HEAD is this commit or comes after it; None where that cannot be known: there is no git, this is no
    clone, or it is a shallow one that does not reach so far back."""
    if not _is_clone(root):
        return None
    if _git(root, "cat-file", "-e", f"{name}^{{commit}}") is None:
        return None if _git(root, "rev-parse", "--is-shallow-repository") == "true" else False
    return _git(root, "merge-base", "--is-ancestor", name, "HEAD") is not None


def _is_clone(root: Path) -> bool:
    top = _git(root, "rev-parse", "--show-toplevel")
    return top is not None and Path(top).resolve() == root.resolve()


def _git(root: Path, *words: str) -> str | None:
    """The output of git; None when it says no, or is not there."""
    command: Sequence[str] = ["git", "-C", str(root), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
