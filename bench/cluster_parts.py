"""The processes of a cluster: what starts each, and how it is ended; databases, Redis and proxy keep their own ways."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.server import PATIENCE, ROOT, free_port

PROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
"""The path of HAProxy; empty where it is not installed."""


@dataclass
class Part:
    """One process that can be killed and started again on the same port. `ready` says whether it does its work."""

    name: str
    command: Sequence[str]
    folder: Path
    port: int = 0
    environment: Mapping[str, str] | None = None
    user: str | None = None
    ready: Callable[[], bool] = field(default=lambda: True)
    ending: signal.Signals = signal.SIGTERM
    before: Callable[[], None] = field(default=lambda: None)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it; `await_ready` waits for it."""
        self.before()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                cwd=ROOT if self.user is None else "/",
                env=dict(self.environment) if self.environment is not None else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )

    def await_ready(self, seconds: float = PATIENCE) -> None:
        """Raises RuntimeError with its last words when it ends, or is not ready in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.running:
            if (not self.port or listens(self.port)) and self.ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} is not ready: {self.words()}")

    def words(self, most: int = 3_000) -> str:
        """The end of what it said."""
        return self.log.read_text(errors="replace")[-most:] if self.log.exists() else ""

    def memory(self) -> float:
        """MB that are resident; 0 when it does not run."""
        try:
            return psutil.Process(self.process.pid).memory_info().rss / 1e6 if self.process and self.running else 0.0
        except psutil.NoSuchProcess:
            return 0.0

    def send(self, how: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(how)

    def kill(self) -> None:
        """SIGKILL, and gone when this returns."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self, how: signal.Signals | None = None) -> None:
        """Its own signal to end; SIGKILL to one that does not listen."""
        if self.process is None:
            return
        self.send(how or self.ending)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def postgresql(folder: Path) -> tuple[Part, str]:
    """PostgreSQL as Debian installs it, with fsync, and the address of our database. SIGINT ends it fast."""
    port, data, user = free_port(), folder / "postgresql", "postgres" if os.geteuid() == 0 else None
    data.mkdir()
    if user:
        shutil.chown(data, user, user)
    made = [_program("initdb"), "-D", str(data), "-U", "sbdash", "-A", "trust", "--encoding=UTF8", "--no-locale"]
    subprocess.run(made, cwd="/", check=True, capture_output=True, user=user, group=user)
    words = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(data)]
    part = Part("database", [_program("postgres"), *words], folder, port, user=user, ending=signal.SIGINT)
    part.ready = lambda: (
        subprocess.run([_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode == 0
    )
    return part, f"postgres://sbdash@127.0.0.1:{port}/sbdash"


def create_database(part: Part) -> None:
    """The database that the container's image would make."""
    words = ["-h", "127.0.0.1", "-p", str(part.port), "-U", "sbdash", "sbdash"]
    subprocess.run([_program("createdb"), *words], cwd="/", check=True, capture_output=True)


def _program(name: str) -> str:
    """A program of the newest PostgreSQL that is installed."""
    return str(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))[-1])


def mongodb(folder: Path) -> tuple[Part, str]:
    """No MongoDB but the compatible server of the tests (secantusdb), in a process of its own."""
    port, data = free_port(), folder / "mongodb"
    data.mkdir()
    words = [sys.executable, "tests/mongodb_server.py", str(port), str(data), "{}"]
    return Part("database", words, folder, port), f"mongodb://127.0.0.1:{port}/sbdash"


def redis(folder: Path) -> tuple[Part, str]:
    """A Redis that keeps nothing on disk."""
    port = free_port()
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    return Part("redis", words, folder, port), f"redis://127.0.0.1:{port}/0"


def proxy(folder: Path, web: Sequence[Part]) -> Part:
    """HAProxy with deploy/haproxy.cfg; that names two web processes, and further ones are added."""
    port, settings = free_port(), folder / "haproxy.cfg"
    subprocess.run([str(ROOT / "deploy" / "certificate"), str(folder / "tls")], check=True)
    lines = (ROOT / "deploy" / "haproxy.cfg").read_text().splitlines()
    known = [line for line in lines if not line.strip().startswith("server ")]
    servers = [f'    server {part.name} "${{WEB_{number}}}"' for number, part in enumerate(web, 1)]
    settings.write_text("\n".join([*known, *servers, ""]))
    names = {f"WEB_{number}": f"127.0.0.1:{part.port}" for number, part in enumerate(web, 1)}
    ours = {"PROXY_LISTEN": f"127.0.0.1:{port}", "PROXY_CERTIFICATE": str(folder / "tls" / "tls.pem")}
    ours["PROXY_ALIVE"] = f"127.0.0.1:{free_port()}"
    return Part("proxy", [PROXY, "-db", "-f", str(settings)], folder, port, {**os.environ, **ours, **names})
