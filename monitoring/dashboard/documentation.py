"""Pages of the documentation as HTML. Pure."""

import re
from functools import cache
from pathlib import Path

from markdown import markdown

EXTENSIONS = ["tables", "fenced_code", "toc", "sane_lists"]
LINK = re.compile(r'href="([a-z-]+)\.md(#[\w-]+)?"')
ELSEWHERE = re.compile(r'<a href="\.\./[^"]*">(.*?)</a>', re.DOTALL)
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
BOX = '<div class="table-box" tabindex="0" role="group" aria-label="Table">{}</div>'


@cache
def page(path: Path) -> tuple[str, str]:
    """Returns the title of a page, and the rest of it as HTML: each heading has the anchor that it has on GitHub, a
    link to another page leads to `/docs/NAME/`, and one to a file outside `docs/` is its words alone."""
    title, _, text = path.read_text(encoding="utf-8").partition("\n")
    html = markdown(text, extensions=EXTENSIONS)
    html = LINK.sub(r'href="/docs/\1/\2"', html)
    return title.removeprefix("# "), TABLE.sub(lambda found: BOX.format(found[0]), ELSEWHERE.sub(r"\1", html))
