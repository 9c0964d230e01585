"""How far an import is, in one line for a terminal. Pure."""

from dataclasses import dataclass, field
from time import monotonic

BAR = 30
CLEAR = "\r\x1b[K"


@dataclass
class Progress:
    """Begun at a share of the whole, and a number of events that were there before."""

    share: float
    events: int
    began: float = field(default_factory=monotonic)

    def line(self, share: float, events: int, now: float) -> str:
        """The bar, events a second, and the time that is left at this speed."""
        passed, done = max(now - self.began, 1e-6), share - self.share
        left = passed * (1 - share) / done if done > 0 else 0.0
        filled = round(share * BAR)
        bar = "#" * filled + "." * (BAR - filled)
        return f"[{bar}] {share:4.0%}  {(events - self.events) / passed:,.0f} events/s  {_clock(left)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
