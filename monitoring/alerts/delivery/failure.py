"""The error of a message that could not be sent, in words for people. Pure."""


class Undeliverable(Exception):
    """A message was not sent. The text says why, without secrets. `is_unreachable`: no answer came, or one that asks
    for a pause, so other messages to the same receiver would fail too. `retry_after`: the pause that it asks for, s."""

    def __init__(self, words: str, is_unreachable: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(words)
        self.is_unreachable, self.retry_after = is_unreachable, retry_after
