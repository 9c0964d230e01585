"""The model names of a session as one searchable text: |a|b|. Pure."""

from collections.abc import Collection


def delimited(name: str) -> str:
    """Returns a name between bars, as it appears in the text. Bars within the name are percent-encoded."""
    return f"|{name.replace('%', '%25').replace('|', '%7C')}|"


def join_delimited(names: Collection[str]) -> str:
    """Returns all names, sorted, as one text; "" without names."""
    return "".join(delimited(name)[:-1] for name in sorted(names)) + "|" if names else ""
