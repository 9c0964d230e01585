"""A Redis in a process of its own that can be killed, held still and started again."""

import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis as Client
from redis.exceptions import ConnectionError
from running import free_port, until


@dataclass
class Redis:
    """The server, on the loopback, with nothing on disk; it is started again on the same port."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="sbdash-redis-")))
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> "Redis":
        """Start it, also again; returns once it answers."""
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["redis-server", *words], stdout=log, stderr=log)
        until(self.answers, 15, "the answer of Redis")
        return self

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return bool(self.ask("PING"))
        except ConnectionError:
            return False

    def ask(self, *words: str | bytes) -> Any:
        """One command, straight."""
        with Client.from_url(self.url, socket_timeout=5) as client:
            return client.execute_command(*words)

    def pause(self) -> None:
        """Hold it still: connections stay open and nothing is answered."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        """As with `kill -9`; also while it is held still."""
        if self.process is not None:
            self._send(signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def stop(self) -> None:
        """End it for good."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
