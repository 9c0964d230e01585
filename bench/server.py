"""The real server as a process of its own, on a free port, with a DATA_DIR that goes with it."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
"""Seconds within which a server answers after its start."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def end_on_sigterm() -> None:
    """Let SIGTERM end this program in order, so that what it started is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def environment(data: Path, port: int = 0, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Everything that could lead to somebody's real data is set to ours."""
    ours = {
        "DATA_DIR": str(data),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{data / 'sbdash.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "sbdash.settings",
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "WARNING",
        "LIVE_SOCKETS_PER_USER": "100000",
    }
    nobodys = {"REDIS_URL": "", "SECRET_KEY": "", "HTTPS": "false", "DEBUG": "false", "CHAT_MONGODB_URL": ""}
    return {**os.environ, **nobodys, **ours, **(extra or {})}


class Program:
    """A server of ours: `command` is what Python runs. Its words go to a file in `data`."""

    def __init__(self, command: Sequence[str], data: Path, port: int, extra: Mapping[str, str] | None = None) -> None:
        self.command, self.data, self.port, self.extra = list(command), data, port, extra
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.data / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env=environment(self.data, self.port, self.extra),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def await_port(self) -> None:
        """Until somebody listens. Raises RuntimeError with the last words when nobody does."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.running:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"{' '.join(self.command)} does not listen: {self.words()}")

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def words(self, most: int = 3_000) -> str:
        """The end of what it said."""
        log = self.data / "log"
        return log.read_text(errors="replace")[-most:] if log.exists() else ""

    def watched(self) -> psutil.Process:
        if self.process is None:
            raise RuntimeError("not started")
        return psutil.Process(self.process.pid)

    def cpu(self) -> float:
        """Seconds of CPU it took so far, all threads together."""
        if sys.platform == "linux":  # exact to the ns, where /proc counts in ticks of 10 ms; man 2 clock_getres
            return time.clock_gettime((~self.watched().pid << 3) | 2)
        times = self.watched().cpu_times()
        return float(times.user + times.system)

    def memory(self) -> float:
        """MB that are resident."""
        return float(self.watched().memory_info().rss / 1e6)

    def kill(self) -> None:
        """SIGKILL, and gone when this returns."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """SIGTERM; SIGKILL to one that does not listen."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self) -> Self:
        self.start()
        try:
            self.await_port()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Server(Program):
    """`manage.py serve` on a fresh installation."""

    def __init__(self, server: str = "daphne", extra: Mapping[str, str] | None = None) -> None:
        port, data = free_port(), Path(tempfile.mkdtemp(prefix="sbdash-bench-"))
        command = ["manage.py", "serve", "--host", "127.0.0.1", "--port", str(port), "--server", server]
        super().__init__(command, data, port, extra)
        self.first: dict[str, Any] = {}

    def __enter__(self) -> Self:
        try:
            for command in ("migrate", "first_run"):
                self.manage(command).check_returncode()
            self.first = json.loads((self.data / "first-run.json").read_text())
            self.start()
            self.await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
            if words := self.words():
                print(f"the server said:\n{words}", file=sys.stderr)
        finally:
            shutil.rmtree(self.data, ignore_errors=True)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """A management command on the same data. What it said on failure stands in the log."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment(self.data, self.port, self.extra), capture_output=True)
        if done.returncode:
            with (self.data / "log").open("ab") as log:
                log.write(done.stdout + done.stderr)
        return done

    def await_ready(self) -> None:
        """Until /readyz says so."""
        self.await_port()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.running:
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the server is not ready: {self.words()}")

    def request(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()

    def health(self) -> dict[str, Any]:
        status, body = self.request("GET", "/api/v1/health", {"Authorization": f"Bearer {self.first['read_key']}"})
        if status != 200:
            raise RuntimeError(f"/api/v1/health answers {status}: {body[:200]!r}")
        found: dict[str, Any] = json.loads(body)
        return found

    def folded(self) -> int:
        """The position that every stage has reached."""
        return min(int(stage["position"]) for stage in self.health()["stages"].values())

    def await_folded(self, position: int, seconds: float) -> int:
        """Until every stage is there, or the time is over. Returns where the slowest is."""
        end = time.monotonic() + seconds
        while (reached := self.folded()) < position and time.monotonic() < end:
            time.sleep(0.05)
        return reached

    def log_in(self, role: str = "ops") -> str:
        """The cookie of a log-in through the page."""
        jar, url = CookieJar(), f"http://127.0.0.1:{self.port}/login/"
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(url, timeout=30).close()
        token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
        user = self.first["users"][role]
        form = {"username": user["username"], "password": user["password"], "csrfmiddlewaretoken": token or ""}
        opener.open(url, urlencode(form).encode(), timeout=30).close()
        return next(f"{cookie.name}={cookie.value}" for cookie in jar if cookie.name == "sessionid")
