"""Pauses between retries. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Pauses of `first` seconds, then of twice as many each time, up to `longest`. `pause` is the last one; 0 after a
    success."""

    first: float
    longest: float
    pause: float = 0.0

    def next(self) -> float:
        """Returns the pause after one more failure."""
        self.pause = min(self.longest, self.pause * 2 or self.first)
        return self.pause

    def reset(self) -> None:
        """Forgets the failures."""
        self.pause = 0.0
