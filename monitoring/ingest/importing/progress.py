"""Formats the progress of an import as one line for a terminal. Pure."""

from dataclasses import dataclass, field
from time import monotonic

BAR = 30
CLEAR = "\r\x1b[K"


@dataclass
class Progress:
    """Measures speed from a start at a share of the file (0 to 1) and a number of events."""

    share: float
    events: int
    began: float = field(default_factory=monotonic)

    def line(self, share: float, events: int, now: float) -> str:
        """Returns the bar, events a second, and the remaining time at this speed. `now` is monotonic, in seconds."""
        passed, done = max(now - self.began, 1e-6), share - self.share
        left = passed * (1 - share) / done if done > 0 else 0.0
        filled = round(share * BAR)
        bar = "#" * filled + "." * (BAR - filled)
        return f"[{bar}] {share:4.0%}  {(events - self.events) / passed:,.0f} events/s  {_clock(left)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
