"""A static files finder for Plotly's script, which is served from the installed package `plotly`."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PLOTLY_PATH = "plotly/plotly.min.js"
Messages: TypeAlias = list[Any]


class PlotlyFinder(BaseFinder):
    """Finds one file, `plotly/plotly.min.js`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        spec = find_spec("plotly")
        if spec is None or spec.origin is None:
            raise LookupError("the package plotly is not installed: run `make setup`")
        self.storage = FileSystemStorage(location=Path(spec.origin).parent / "package_data")
        self.storage.prefix = "plotly"  # type: ignore[attr-defined]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        matches = [self.storage.path("plotly.min.js")] if path == PLOTLY_PATH else []
        return matches if find_all else (matches[0] if matches else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        return [("plotly.min.js", self.storage)]

    def check(self, **kwargs: Any) -> Messages:
        return []
