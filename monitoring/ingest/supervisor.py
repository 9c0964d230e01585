"""Supervises one management command as a subprocess of the server: starts, restarts and stops it. Pure."""

import atexit
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from socket import socket, socketpair
from time import monotonic

from monitoring.messaging.backoff import Backoff

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
STOP_TIMEOUT = 10.0
"""Seconds between SIGTERM and SIGKILL."""
FIRST_RESTART_DELAY, MAX_RESTART_DELAY, STEADY_SECONDS = 1.0, 60.0, 10.0
"""Seconds. A process that ran for STEADY_SECONDS resets the delay."""


class Supervisor:
    """Runs at most one process. `restart`: a process that ends by itself is started again, after 1 s, later after
    longer delays. `on_wired(socket)` receives this process's end of a socket pair for each start; the subprocess gets
    the file descriptor of the other end as `--wire N`."""

    def __init__(self, restart: bool = False, on_wired: Callable[[socket], None] | None = None) -> None:
        self._restart, self._on_wired = restart, on_wired
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    @property
    def process(self) -> int | None:
        """The process's id, None if it does not run."""
        return self._process.pid if self._process and self.running else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        """Starts `manage.py ARGUMENTS`, unless it runs."""
        if self.running:
            return
        self._spawn_wired(arguments, environment)
        atexit.register(self.stop)
        if self._restart:
            threading.Thread(
                target=self._restart_loop, args=(arguments, environment), name=arguments[0], daemon=True
            ).start()

    def stop(self) -> None:
        """Sends SIGTERM and waits; sends SIGKILL after STOP_TIMEOUT."""
        self._stopping.set()
        if not self.running or not self._process:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            log.warning("process %s did not end within %.0f s: killed", self._process.args, STOP_TIMEOUT)
            self._process.kill()
            self._process.wait()

    def _spawn_wired(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        if self._on_wired is None:
            self._process = _spawn(arguments, environment, ())
            return
        ours, theirs = socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = _spawn([*arguments, "--wire", str(number)], environment, (number,))
        self._on_wired(ours)

    def _restart_loop(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        backoff, began = Backoff(FIRST_RESTART_DELAY, MAX_RESTART_DELAY), monotonic()
        while self._process:
            status = self._process.wait()
            if monotonic() - began > STEADY_SECONDS:
                backoff.reset()
            if self._stopping.wait(backoff.next()):
                return
            log.warning("process %s ended with status %d: restarted", arguments[0], status)
            self._spawn_wired(arguments, environment)
            began = monotonic()


def _spawn(
    arguments: Sequence[str], environment: Mapping[str, str], inherited: Sequence[int]
) -> subprocess.Popen[bytes]:
    command, devnull = [sys.executable, str(ROOT / "manage.py"), *arguments], subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdin=devnull, pass_fds=inherited)  # noqa: S603
