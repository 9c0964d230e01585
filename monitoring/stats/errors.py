"""What readers of the statistics are told when they ask for what cannot be. Pure."""


class Unclear(ValueError):
    """A parameter that cannot be understood; the words say which and why."""


def unreadable(before: str) -> Unclear:
    return Unclear(f"before: {before[:60]!r} is not the `next` of a page; the list begins anew without it")
