"""The heartbeat to an outside address: a dead man's switch, which alarms when it is missed. Pure."""

from monitoring.alerts.delivery.http_client import request

INTERVAL = 60.0
"""Seconds."""


def ping(url: str) -> None:
    """Asks for the address. It is the operator's, so it may lie in a private network. Raises Undeliverable."""
    request(url, "GET", {}, b"", private=True)
