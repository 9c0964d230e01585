"""Demonstration traffic as a process of its own: it comes through the same door as everybody else. Pure."""

import os

from monitoring.ingest.supervisor import Supervisor


class Demonstration:
    """Started by a button, at most one, ended with the server."""

    address = ""
    """Where this process listens; whoever starts the server says so. Empty: as in the settings."""

    def __init__(self) -> None:
        self._process = Supervisor()

    @property
    def running(self) -> bool:
        return self._process.running

    def start(self) -> None:
        """Start `manage.py demo`, unless it runs."""
        self._process.start(["demo", *(["--url", self.address] if self.address else [])], os.environ)

    def stop(self) -> None:
        self._process.stop()
