"""Errors for invalid parameters of the statistics. Pure."""


class Unclear(ValueError):
    """A parameter is invalid. The message says which one and why."""


def unreadable(before: str) -> Unclear:
    return Unclear(f'before: "{before[:60]}" is not the `next` of a page; omit it to start at the beginning')
