"""The models of a session as one text in which each can be found: |a|b|. Pure."""

from collections.abc import Collection


def barred(name: str) -> str:
    """A name between bars, as it stands in the text; a bar inside it is written otherwise."""
    return f"|{name.replace('%', '%25').replace('|', '%7C')}|"


def between_bars(names: Collection[str]) -> str:
    """All of them, sorted; nothing where there is none."""
    return "".join(barred(name)[:-1] for name in sorted(names)) + "|" if names else ""
