"""The counts under one prefix, out of a bucket's JSON, without reading the rest of it. Pure."""

import re

from msgspec.json import Decoder

from monitoring.stats.tally import Counts

_decode = Decoder(dict[str, int]).decode
_ENTRY = re.compile(rb'"(?:[^"\\]|\\.)*":-?\d+')
"""A name and its number."""


def excerpt(counts: bytes, prefix: str) -> bytes:
    """The smallest piece of an object in JSON (names to numbers, without spaces) that holds every name under a prefix
    such as `w`; as JSON too, and empty where there is none.

    Names are sorted as they are written, so that it holds little else; where they are not, it is larger and no less
    right. A quotation mark inside a name stands behind a backslash: what is looked for begins a name.
    """
    opening = f',"{prefix}:'.encode()
    start = 0 if counts.startswith(b"{" + opening[1:]) else counts.find(opening)
    if start < 0:
        return b""
    last = _ENTRY.match(counts, max(start, counts.rfind(opening)) + 1)
    return b"{" + counts[start + 1 : last.end() if last else len(counts) - 1] + b"}"


def amount(counts: bytes, name: str) -> int:
    """The number under a whole name, 0 where it is not there."""
    found = re.search(rb'[{,]"%b":(-?\d+)' % re.escape(name.encode()), counts)
    return int(found[1]) if found else 0


def read(piece: bytes) -> Counts:
    """The counts of an excerpt, as they are named; where names were not sorted, others are among them."""
    return _decode(piece) if piece else {}
