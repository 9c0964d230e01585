"""Finds the modules that a page's script imports, so that the browser can load all of them at once. Pure."""

import posixpath
import re
from collections.abc import Callable

_FROM = re.compile(r'^(?:import\s+|(?:import|export)\b[^;"]*\bfrom\s+)"(\.[^"]+)"', re.MULTILINE)


def imports(path: str, text: str) -> list[str]:
    """The modules that the module at `path` imports, as paths from the same root. `text` is its source."""
    return [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in _FROM.findall(text)]


def needed(path: str, read: Callable[[str], str]) -> list[str]:
    """The module and all that it imports, directly or not, in breadth-first order. `read(path)` returns a module's
    source."""
    modules = [path]
    for module in modules:
        modules += dict.fromkeys(name for name in imports(module, read(module)) if name not in modules)
    return modules
