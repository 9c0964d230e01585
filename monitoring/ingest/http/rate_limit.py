"""Limits the rate of a key by a token bucket (RFC 4115, colour-blind, single rate). Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """Gains `rate` tokens a second, up to `burst`. `level` is the number of tokens at the time `since`, in seconds."""

    rate: float
    burst: float
    level: float
    since: float

    def wait(self, amount: int, now: float) -> float:
        """Returns 0 if `amount` tokens were taken, else the seconds until they are there. An amount above `burst` needs
        a full bucket, and leaves it negative."""
        self.level = min(self.burst, self.level + (now - self.since) * self.rate)
        self.since = now
        needed = min(amount, self.burst)
        if needed <= self.level:
            self.level -= amount
            return 0.0
        return (needed - self.level) / self.rate
