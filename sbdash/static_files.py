"""Static files as they are served: under an address that changes with their content, compressed once.

The address has a digest of all files (`/static/DIGEST/js/…`): a browser keeps them for ever, and modules that import
each other by relative addresses need no change. A build is a folder of that name with each file, its brotli and its
gzip. A running server keeps its own when the files change.
"""

import filecmp
import gzip
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import brotli

log = logging.getLogger(__name__)
PACKAGES = ("django", "plotly")
"""Packages whose files are served as well."""
COMPRESSED = {".js", ".css", ".svg", ".json", ".html", ".txt", ".map"}
MIN_BYTES = 500
"""Smaller files fit into one packet as they are."""
QUALITY = 9
"""Of brotli. 11 takes ten times as long for 5 % of the bytes."""
HALF = "half-"
"""Begins the names of folders that a process still fills."""
KEPT = 3
"""Builds that remain, the newest; servers of the versions before may still run."""


def digest(folder: Path) -> str:
    """Of the content of our files, and of the versions of the packages that have some."""
    found = sha256(" ".join(map(version, PACKAGES)).encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        found.update(f"\n{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()[:12]


def build(files: Iterable[tuple[str, Path]], target: Path) -> None:
    """Makes the folder, unless it is there. Several processes may build at the same time."""
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    others = [path for path in target.parent.iterdir() if path.is_dir() and not path.name.startswith(HALF)]
    half = Path(tempfile.mkdtemp(dir=target.parent, prefix=HALF))
    half.chmod(0o755)
    for name, source in files:
        path = half / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _taken_over(name, source, path, others):
            shutil.copyfile(source, path)
            compress(path)
    try:
        half.rename(target)
        log.info("static files built in %s", target)
    except OSError:  # another process was faster
        shutil.rmtree(half)
    for old in sorted(others, key=_modified, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def _modified(path: Path) -> float:
    """Another process may have removed it."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def compress(path: Path) -> None:
    """Writes what is smaller beside the file: FILE.br and FILE.gz."""
    content = path.read_bytes()
    if path.suffix not in COMPRESSED or len(content) < MIN_BYTES:
        return
    for ending, smaller in (
        (".br", brotli.compress(content, quality=QUALITY)),
        (".gz", gzip.compress(content, mtime=0)),
    ):
        if len(smaller) < len(content):
            path.with_name(path.name + ending).write_bytes(smaller)


def _taken_over(name: str, source: Path, path: Path, others: list[Path]) -> bool:
    """Links an unchanged file of an earlier build with what was compressed."""
    for other in others:
        if (same := other / name).is_file() and filecmp.cmp(same, source, shallow=False):
            try:
                for found in _with_compressed(same):
                    os.link(found, path.with_name(found.name))
            except OSError:  # another process removes that build
                continue
            return True
    return False


def _with_compressed(path: Path) -> Iterator[Path]:
    for ending in ("", ".br", ".gz"):
        if (found := path.with_name(path.name + ending)).is_file():
            yield found
