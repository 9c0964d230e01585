"""The error of a message that could not be sent, in words for people. Pure."""


class Undeliverable(Exception):
    """A message was not sent. The text says why, without secrets. `is_unreachable`: no answer came, so other messages
    to the same receiver would fail too."""

    def __init__(self, words: str, is_unreachable: bool = False) -> None:
        super().__init__(words)
        self.is_unreachable = is_unreachable
