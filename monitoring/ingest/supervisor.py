"""A management command of ours as a process beside the server: at most one, and gone when the server ends. Pure."""

import atexit
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from socket import socket, socketpair
from time import monotonic

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 10.0
"""Seconds in which it must end when asked."""
FIRST_PAUSE, LONGEST_PAUSE, STEADY = 1.0, 60.0, 10.0
"""Seconds; who ran for STEADY before it ended is started again after the first pause."""


class Supervisor:
    """`again`: when it ends by itself it is started again, after 1 s; one that does so again and again, ever later.
    `wired(socket)` gets, for each process that is started, our end of a pair of sockets; the number of its own is told
    it as `--wire N`."""

    def __init__(self, again: bool = False, wired: Callable[[socket], None] | None = None) -> None:
        self._again, self._wired = again, wired
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()

    @property
    def process(self) -> int | None:
        """Its id, while it runs."""
        return self._process.pid if self._process and self.running else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `manage.py WORDS`, unless it runs."""
        if self.running:
            return
        self._begin(words, environment)
        atexit.register(self.stop)
        if self._again:
            threading.Thread(target=self._keep, args=(words, environment), name=words[0], daemon=True).start()

    def stop(self) -> None:
        """Ask it to end, and wait; who does not listen is killed."""
        self._stopping.set()
        if not self.running or not self._process:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            log.warning("%s did not end within %.0f s and is killed", self._process.args, PATIENCE)
            self._process.kill()
            self._process.wait()

    def _begin(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        if self._wired is None:
            self._process = _started(words, environment, ())
            return
        ours, theirs = socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = _started([*words, "--wire", str(number)], environment, (number,))
        self._wired(ours)

    def _keep(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        pause, began = FIRST_PAUSE, monotonic()
        while self._process:
            status = self._process.wait()
            if monotonic() - began > STEADY:
                pause = FIRST_PAUSE
            if self._stopping.wait(pause):
                return
            log.warning("%s ended with status %d and is started again", words[0], status)
            self._begin(words, environment)
            began = monotonic()
            pause = min(LONGEST_PAUSE, pause * 2)


def _started(words: Sequence[str], environment: Mapping[str, str], kept: Sequence[int]) -> subprocess.Popen[bytes]:
    command, quiet = [sys.executable, str(ROOT / "manage.py"), *words], subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=dict(environment), stdin=quiet, pass_fds=kept)  # noqa: S603
