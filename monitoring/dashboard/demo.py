"""Runs the demonstration traffic in a child process, which sends events over HTTP like any other sender. Pure."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec

from monitoring.ingest.supervisor import Supervisor

FRESH = 60.0
"""Seconds for which the note about the past holds: who fills it renews it with each batch."""


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
        self._process.start(["demo", "--beside", *(["--url", self.address] if self.address else [])], os.environ)

    def stop(self) -> None:
        self._process.stop()


class Filling(msgspec.Struct, frozen=True):
    """The progress of the past: the hour that is sent now (s since 1970), and how many of how many hours are done."""

    at: int
    done: int
    of: int


class Shown(msgspec.Struct, frozen=True):
    """The state of the demonstration for pages: its events are among the data, this server runs it, and the progress of
    its past."""

    data: bool
    running: bool
    filling: Filling | None


def shown(path: Path, running: bool, now: float, keep: float) -> Shown:
    """Reads the file that the command `demo` writes. Its events are among the data for `keep` seconds after the
    last."""
    said = read(path)
    at, filling = said.get("at", 0.0), said.get("filling")
    if not filling or now - at > FRESH:
        return Shown(now - at < keep, running, None)
    return Shown(True, running, Filling(filling["hour"] * 3600, filling["done"], filling["of"]))


def read(path: Path) -> dict[str, Any]:
    """The content of the file that the command `demo` writes, empty if there is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        return found
    except (OSError, ValueError):
        return {}
