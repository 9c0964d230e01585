"""Demonstration traffic as a process of its own: it comes through the same door as everybody else."""

import atexit
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Demonstration:
    """Started by a button, at most one, ended with the server."""

    address = ""
    """Where this process listens; whoever starts the server says so. Empty: as in the settings."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start `manage.py demo`, unless it runs."""
        if self.running:
            return
        command = [sys.executable, str(ROOT / "manage.py"), "demo", *(["--url", self.address] if self.address else [])]
        self._process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603  our own command
        atexit.register(self.stop)

    def stop(self) -> None:
        if self.running and self._process:
            self._process.terminate()
            self._process.wait(10)
