"""The services of docker-compose.yml, as plain processes on the loopback: `bench/cluster --profile postgresql`. The
settings come from the same files in deploy/; only addresses, ports and DATA_DIR are others."""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import cluster_parts as parts
from bench.cluster_parts import Part
from bench.server import ROOT, end_on_sigterm, environment, free_port

PROFILES = {"postgresql": parts.postgresql, "growth": parts.mongodb}
SECURE = {"X-Forwarded-Proto": "https"}
"""The headers that the proxy sends to a web process; a request without the proxy sends them, too."""
RUNS = "the pipeline runs"


def settings(profile: str) -> dict[str, str]:
    """The names and values of deploy/PROFILE.env."""
    lines = (ROOT / "deploy" / f"{profile}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


class Cluster:
    """`parts` holds every process by name: database, redis, web-1, worker-2, proxy. Words go to files in `folder`."""

    def __init__(self, profile: str = "postgresql", web: int = 2, workers: int = 2, server: str = "uvicorn") -> None:
        self.profile, self.server = profile, server
        self.web = [f"web-{number}" for number in range(1, web + 1)]
        self.workers = [f"worker-{number}" for number in range(1, workers + 1)]
        self.folder = Path(tempfile.mkdtemp(prefix="sbdash-cluster-"))
        self.folder.chmod(0o755)  # PostgreSQL is another user
        self.parts: dict[str, Part] = {}
        self.settings: dict[str, str] = {}
        self.first: dict[str, Any] = {}

    def start(self) -> Self:
        """Everything, in the order of docker-compose's conditions; ready when this returns."""
        database, address = PROFILES[self.profile](self.folder)
        redis, url = parts.redis(self.folder)
        ours = {"DATABASE_URL": address, "REDIS_URL": url, "HOST": "127.0.0.1"}
        plain = {} if parts.PROXY else {"HTTPS": "false"}
        self.settings = settings(self.profile) | ours | {"DATA_DIR": str(self._data()), "LOG_LEVEL": "WARNING"} | plain
        self._begin(database, redis)
        if self.profile == "postgresql":
            parts.create_database(database)
        for command in ("migrate", "first_run"):
            self.manage(command)
        self.first = json.loads((self._data() / "first-run.json").read_text())
        self._begin(*map(self._web, self.web), *map(self._worker, self.workers))
        if not plain:
            self._begin(parts.proxy(self.folder, [self.parts[name] for name in self.web]))
        return self

    def _data(self) -> Path:
        return self.folder / "data"

    def _begin(self, *made: Part) -> None:
        for part in made:
            self.parts[part.name] = part
            part.start()
        for part in made:
            part.await_ready()

    def _environment(self, port: int = 0) -> dict[str, str]:
        return environment(self._data(), port, self.settings | {"PORT": str(port), "PYTHONUNBUFFERED": "1"})

    def _web(self, name: str) -> Part:
        port = free_port()
        words = [sys.executable, "manage.py", "serve", "--server", self.server]
        part = Part(name, words, self.folder, port, self._environment(port))
        part.ready = lambda: self._answers(name)
        return part

    def _answers(self, name: str) -> bool:
        try:
            return self.get("/healthz", name)[0] == 200
        except OSError:
            return False

    def _worker(self, name: str) -> Part:
        part = Part(name, [sys.executable, "manage.py", "run_pipeline"], self.folder, 0, self._environment())
        said = 0

        def before() -> None:
            nonlocal said
            said = part.words().count(RUNS)

        part.before, part.ready = before, lambda: part.words().count(RUNS) > said
        return part

    def manage(self, *words: str) -> str:
        """A management command on the same data; what it printed. Raises RuntimeError."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=ROOT, env=self._environment(), capture_output=True)
        if done.returncode:
            raise RuntimeError(
                f"{words[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:].decode()}"
            )
        return done.stdout.decode()

    def kill(self, name: str) -> None:
        """SIGKILL, and gone when this returns."""
        self.parts[name].kill()

    def restart(self, name: str, how: signal.Signals | None = None) -> None:
        """End it (by `how`, or as it likes) if it runs, and start it; it is ready when this returns."""
        part = self.parts[name]
        if part.running:
            part.stop(how)
        part.start()
        part.await_ready()

    def stop(self) -> None:
        """End everything, those that need others first, and leave nothing behind."""
        ends = [*self.web, *self.workers, "proxy"]
        for part in (self.parts[name] for name in ends if name in self.parts and self.parts[name].running):
            part.send(part.ending)
        for name in (*ends, "redis", "database"):
            if name in self.parts:
                self.parts[name].stop(signal.SIGQUIT if name == "database" else None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def port(self, name: str) -> int:
        return self.parts[name].port

    def call(
        self, name: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One request to one web process, as the proxy passes it on. Raises OSError when no answer comes whole."""
        line = http.client.HTTPConnection("127.0.0.1", self.port(name), timeout=30)
        try:
            line.request(method, path, body, {**SECURE, **(headers or {})})
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            line.close()

    def get(self, path: str, name: str = "web-1") -> tuple[int, Any]:
        """Status and, where it is one, the JSON."""
        key = {"Authorization": f"Bearer {self.first['read_key']}"}
        status, headers, body = self.call(name, "GET", path, headers=key)
        return status, json.loads(body) if "json" in headers.get("Content-Type", "") else body

    def folded(self, name: str = "web-1") -> tuple[int, int]:
        """The journal's head, and the position that every stage has reached."""
        status, health = self.get("/api/v1/health", name)
        if status != 200:
            raise RuntimeError(f"/api/v1/health answers {status}: {str(health)[:200]}")
        return health["head"], min(stage["position"] for stage in health["stages"].values())

    def await_folded(self, position: int, seconds: float) -> int:
        """Until every stage is there, or the time is over. Returns where the slowest is."""
        end, reached = time.monotonic() + seconds, -1
        while reached < position and time.monotonic() < end:
            reached = self.folded()[1]
            time.sleep(0.1)
        return reached

    def log_in(self, role: str = "ops", name: str = "web-1") -> str:
        """The cookie of a log-in through the page; it holds in every web process."""
        _, headers, page = self.call(name, "GET", "/login/")
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        crumb = re.search(r"csrftoken=\w+", headers.get("Set-Cookie", ""))
        user = self.first["users"][role]
        form = {"username": user["username"], "password": user["password"]}
        form["csrfmiddlewaretoken"] = token[1].decode() if token else ""
        known = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": crumb[0] if crumb else ""}
        known["Referer"] = f"https://127.0.0.1:{self.port(name)}/login/"
        status, headers, _ = self.call(name, "POST", "/login/", urlencode(form).encode(), known)
        found = re.search(r"sessionid=\w+", "; ".join(headers.get_all("Set-Cookie") or []))
        if not found:
            raise RuntimeError(f"the log-in answers {status}")
        return found[0]

    def addresses(self) -> str:
        """The address to call, and the body."""
        known = [f"{name:<10}http://127.0.0.1:{part.port}" for name, part in self.parts.items() if part.port]
        if "proxy" in self.parts:
            known[-1] = f"{'proxy':<10}https://localhost:{self.port('proxy')}/"
        people = [f"{user['username']:<10}{user['password']}" for user in self.first["users"].values()]
        keys = [f"{name:<12}{self.first[name]}" for name in ("ingest_key", "read_key")]
        return "\n".join([*known, *people, *keys, f"logs      {self.folder}"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="postgresql")
    parser.add_argument("--web", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--server", choices=["daphne", "uvicorn"], default="uvicorn")
    wanted = parser.parse_args()
    end_on_sigterm()
    with Cluster(wanted.profile, wanted.web, wanted.workers, wanted.server) as cluster:
        if wanted.profile == "growth":
            print("no MongoDB: the compatible server of the tests (secantusdb), in a process of its own")
        print(cluster.addresses(), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            os.write(2, b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
