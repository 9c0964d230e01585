"""CSV files in which no text can be run as a spreadsheet formula. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = r"=+\-@\u207a\u207c\u208a\u208c\u2a75\u2a76\ufb29\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
"""Characters that begin a formula, and those that become one of them by compatibility normalisation (NFKC)."""
_UNSEEN = r"\s\u00ad\u180e\u200b-\u200f\u2060\ufeff"
_RISKY = re.compile(rf"([;,|\t\r\n]|^)(?=[{_UNSEEN}]*[{_FORMULA}])|^(?=[\t\r\n])")
"""The beginning of a cell, whatever the separator: a German spreadsheet splits at `;`, even within quotes."""


def defused(text: str) -> str:
    """Returns the text with an apostrophe before every possible formula."""
    return _RISKY.sub(r"\1'", text)


def csv_text(rows: Iterable[Sequence[str | float | None]]) -> str:
    """Returns lines of a CSV file: text is defused and quoted, numbers are plain, None is empty."""
    text = io.StringIO()
    line = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    line.writerows([defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()
