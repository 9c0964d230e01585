"""Which modules a page's script needs, so that the browser can ask for all of them at once. Pure."""

import posixpath
import re
from collections.abc import Callable

_FROM = re.compile(r'^(?:import\s+|(?:import|export)\b[^;"]*\bfrom\s+)"(\.[^"]+)"', re.MULTILINE)


def imports(path: str, text: str) -> list[str]:
    """The modules that a module at `path` names, as paths from the same root."""
    return [posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) for name in _FROM.findall(text)]


def needed(path: str, read: Callable[[str], str]) -> list[str]:
    """The module and all it needs, the nearest first; `read(path)` gives a module's text."""
    found = [path]
    for each in found:
        found += dict.fromkeys(name for name in imports(each, read(each)) if name not in found)
    return found
