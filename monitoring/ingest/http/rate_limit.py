"""How much a key may send: a token bucket for each (RFC 4115's colour-blind single rate). Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """`rate` tokens a second flow in, up to `burst`. Starts full at `since`."""

    rate: float
    burst: float
    level: float
    since: float

    def wait(self, amount: int, now: float) -> float:
        """0 when `amount` was taken, else seconds until it can be had. More than a whole burst waits for a full one."""
        self.level = min(self.burst, self.level + (now - self.since) * self.rate)
        self.since = now
        wanted = min(amount, self.burst)
        if wanted <= self.level:
            self.level -= amount
            return 0.0
        return (wanted - self.level) / self.rate
