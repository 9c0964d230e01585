"""Comma-separated files that a spreadsheet may open: no text in them is a formula. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = r"=+\-@\u207a\u207c\u208a\u208c\u2a75\u2a76\ufb29\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
"""What begins a formula, and what is that after compatibility normalisation (NFKC)."""
_UNSEEN = r"\s\u00ad\u180e\u200b-\u200f\u2060\ufeff"
_RISKY = re.compile(rf"([;,|\t\r\n]|^)(?=[{_UNSEEN}]*[{_FORMULA}])|^(?=[\t\r\n])")
"""Where a cell begins, however it is parted: a German spreadsheet parts at `;`, whatever stands in quotes before it."""


def defused(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would run."""
    return _RISKY.sub(r"\1'", text)


def written(rows: Iterable[Sequence[str | float | None]]) -> str:
    """Lines of a file: every text is defused and quoted, numbers are as they are, None is empty."""
    text = io.StringIO()
    line = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    line.writerows([defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()
