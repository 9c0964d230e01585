"""Finds the static files; of Plotly's package its script, and nothing else."""

from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder, get_finders
from django.core.files.storage import FileSystemStorage

SCRIPT = "plotly.min.js"
PREFIX = "plotly"


class PlotlyFinder(BaseFinder):
    """`plotly/plotly.min.js` of the installed package."""

    def __init__(self) -> None:
        self._folder = Path(str(distribution("plotly").locate_file("plotly/package_data")))

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        found = [str(self._folder / SCRIPT)] if path == f"{PREFIX}/{SCRIPT}" else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        storage = FileSystemStorage(self._folder)
        storage.prefix = PREFIX  # type: ignore[attr-defined]
        yield SCRIPT, storage

    def check(self, **_: Any) -> Any:
        return []


def all_files() -> Iterator[tuple[str, Path]]:
    """Each static file once, with its name."""
    seen = set()
    for finder in get_finders():
        for path, storage in finder.list([]):
            name = f"{storage.prefix}/{path}" if getattr(storage, "prefix", None) else path
            if name not in seen:
                seen.add(name)
                yield name, Path(storage.path(path))
