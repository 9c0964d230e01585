"""Shows the progress of an import as one line on a terminal. Pure."""

from datetime import timedelta
from time import monotonic
from typing import TextIO

BAR_WIDTH = 30
CLEAR = "\r\x1b[K"


class Progress:
    """Measures the speed from its creation on."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal if terminal.isatty() else None
        self._began = monotonic()

    def show(self, share: float, events: int) -> None:
        """Shows the read share of the file (0 to 1), events a second, and the remaining time at this speed."""
        seconds = max(monotonic() - self._began, 1e-6)
        left = timedelta(seconds=round(seconds * (1 - share) / share)) if share else timedelta()
        bar = "#" * round(share * BAR_WIDTH)
        self._write(f"{CLEAR}[{bar:.<{BAR_WIDTH}}] {share:4.0%}  {events / seconds:,.0f} events/s  {left} left")

    def clear(self) -> None:
        self._write(CLEAR)

    def _write(self, text: str) -> None:
        if self._terminal:
            self._terminal.write(text)
            self._terminal.flush()
