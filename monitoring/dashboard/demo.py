"""Runs the demonstration traffic in a child process, which sends events over HTTP like any other sender. Pure."""

import os

from monitoring.ingest.supervisor import Supervisor


class Demonstration:
    """At most one child process. It ends with the server."""

    address = ""
    """The server's URL, set by the command `serve`. Empty: as in the settings."""

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
