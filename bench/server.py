"""The real server as a process of its own, on a free port, with a DATA_DIR that goes with it."""

import atexit
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
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
"""Seconds within which a server answers after its start."""
POLL = 0.02


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_until(found: Callable[[], object], seconds: float, what: str) -> None:
    """Until `found()` is true. Raises RuntimeError when it is not in time."""
    end = time.monotonic() + seconds
    while not found():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {seconds:g} s: {what}")
        time.sleep(POLL)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process took so far, all threads together."""
    if sys.platform == "linux":  # exact to the ns, where /proc counts in ticks of 10 ms; man 2 clock_getres
        return time.clock_gettime((~pid << 3) | 2)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


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
        "SESSION_TIMEOUT": "0",  # an end that the clock tells is an entry that nobody sent
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
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and self.running:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(POLL)
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

    def family(self) -> list[psutil.Process]:
        """It, and what it started beside it."""
        watched = self.watched()
        return [watched, *watched.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of CPU it took so far, all threads together, with what it started."""
        return sum(cpu_of(process.pid) for process in self.family())

    def memory(self) -> float:
        """MB that are resident, with what it started."""
        return float(sum(process.memory_info().rss for process in self.family()) / 1e6)

    def kill(self) -> None:
        """SIGKILL, and gone when this returns."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """SIGTERM; SIGKILL to one that does not listen."""
        if self.process is None:
            return
        end(self.process)

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


def manage(data: Path, *arguments: str, extra: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[bytes]":
    """Run a management command on a DATA_DIR."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(data, 0, extra), capture_output=True)


def end(process: "subprocess.Popen[bytes]") -> None:
    """SIGTERM; SIGKILL to one that does not listen."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@cache
def prepared(database: str = "") -> Path:
    """A DATA_DIR after `migrate` and `first_run`, to be copied; made once in a process and removed at its end. Without
    a database's address its database is on SQLite, inside the folder."""
    folder = Path(tempfile.mkdtemp(prefix="sbdash-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for command in ("migrate", "first_run"):
        done = manage(folder, command, extra={"DATABASE_URL": database} if database else None)
        if done.returncode:
            raise RuntimeError(f"{command} ended with {done.returncode}: {(done.stdout + done.stderr).decode()}")
    return folder


class Server(Program):
    """`manage.py serve` on a copy of an installation: of `template`, or of a fresh one on SQLite."""

    def __init__(
        self, server: str = "daphne", extra: Mapping[str, str] | None = None, template: Path | None = None
    ) -> None:
        port, data = free_port(), Path(tempfile.mkdtemp(prefix="sbdash-bench-"))
        command = ["manage.py", "serve", "--host", "127.0.0.1", "--port", str(port), "--server", server]
        super().__init__(command, data, port, extra)
        self.template = template
        self.first: dict[str, Any] = {}

    def __enter__(self) -> Self:
        try:
            shutil.copytree(self.template or prepared(), self.data, dirs_exist_ok=True)
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

    def manage(self, *arguments: str, extra: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[bytes]":
        """A management command on the same data. What it said on failure stands in the log."""
        done = manage(self.data, *arguments, extra={**(self.extra or {}), **(extra or {})})
        if done.returncode:
            with (self.data / "log").open("ab") as log:
                log.write(done.stdout + done.stderr)
        return done

    def begin(self, *arguments: str, says: str, extra: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """A management command in the background, once it has printed `says`; end it with `end`."""
        place = self.data / f"{arguments[0]}-{time.monotonic_ns()}.log"
        ours = {**(self.extra or {}), **(extra or {}), "PYTHONUNBUFFERED": "1"}
        with place.open("ab") as log:
            command = [sys.executable, "manage.py", *arguments]
            process = subprocess.Popen(command, cwd=ROOT, env=environment(self.data, 0, ours), stdout=log, stderr=log)
        try:
            wait_until(lambda: process.poll() is not None or says in place.read_text(), PATIENCE, says)
            if process.poll() is not None:
                raise RuntimeError(f"{arguments[0]} ended with {process.returncode}: {place.read_text()[-2000:]}")
        except BaseException:
            end(process)
            raise
        return process

    def await_ready(self) -> None:
        """Until /readyz says so; without a pipeline of its own, until /healthz does: no stage folds yet."""
        path = "/healthz" if (self.extra or {}).get("PIPELINE") == "elsewhere" else "/readyz"
        self.await_port()
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and self.running:
            try:
                if self.request("GET", path)[0] == 200:
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
        limit = time.monotonic() + seconds
        while (reached := self.folded()) < position and time.monotonic() < limit:
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
