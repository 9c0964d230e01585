"""Real servers in processes of their own, on SQLite, PostgreSQL or MongoDB, and what a test does with them."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import forked
import psycopg
from beside import Documents, Sql, columns_of, tables

from monitoring.events.internal import INTERNAL_TYPES

ROOT = Path(__file__).resolve().parents[1]
BATCH, SINGLE, LINES = "application/cloudevents-batch+json", "application/cloudevents+json", "application/x-ndjson"
PEOPLE = {"alice": "owner", "bob": "ops", "charlie": "owner", "dora": "admin"}
"""Alice owns, Bob is staff, Charlie may see nothing of theirs; Dora looks after the rest."""
INSIDE = {"PIPELINE": "inside"}
"""A server of a test's own has its pipeline inside, which begins sooner. Those that tests share have it beside."""
PASSWORD = "long enough for everybody"
LOG_INS = """
import json
from django.test import Client
cookies = {{}}
for name, role in {1!r}.items():
    make_user(name, {0!r}, role, name)
    client = Client()
    client.force_login(User.objects.get(username=name))
    cookies[name] = f"sessionid={{client.cookies['sessionid'].value}}"
print(json.dumps(cookies))
"""
_numbers = count(1)


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(found: Callable[[], Any], seconds: float = 15.0, what: str = "") -> Any:
    """The first true answer; AssertionError when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        time.sleep(0.03)
    raise AssertionError(f"nothing came within {seconds} s: {what or found}")


def event(type: str, data: dict[str, Any], at: datetime | None = None, id: str = "") -> dict[str, Any]:
    """A CloudEvent that happened just now, with an id of its own."""
    moment = (at or datetime.now(UTC)).isoformat(timespec="milliseconds")
    name = id or f"{type}-{next(_numbers)}-{os.getpid()}"
    return {"specversion": "1.0", "type": type, "source": "/tests", "id": name, "time": moment, "data": data}


def message(session: str, id: str, role: str, at: datetime | None = None, **data: Any) -> dict[str, Any]:
    known = {"message_id": id, "session_id": session, "role": role, "status": "completed"}
    return event("message", known | data, at)


def talk(session: str, user: str | None = None, turns: int = 2, begin: datetime | None = None) -> list[dict[str, Any]]:
    """Questions, each answered after 2 s with 100 tokens; ended a moment ago unless `begin` says when it began."""
    first = begin or datetime.now(UTC) - timedelta(seconds=10 * turns)
    who = {"user_id": user} if user else {}
    made = []
    for turn in range(turns):
        asked = first + timedelta(seconds=10 * turn)
        made.append(message(session, f"{session}-q{turn}", "user", asked, **who))
        usage = {"model": "llama3.2", "prompt_tokens": 60, "completion_tokens": 40, "total_tokens": 100, "cost": 0.01}
        answered = asked + timedelta(seconds=2)
        made.append(message(session, f"{session}-a{turn}", "assistant", answered, **who, **usage))
    return made


@dataclass
class Server:
    """`manage.py serve` with a DATA_DIR of its own. Started and stopped by the fixtures."""

    folder: Path
    database: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    kind: str = "daphne"
    process: "subprocess.Popen[bytes] | None" = None
    cookies: dict[str, str] = field(default_factory=dict)
    """Of each user who is logged in; `prepare` leaves those of all."""

    def __post_init__(self) -> None:
        with suppress(FileNotFoundError, NotADirectoryError):
            self.cookies |= json.loads((self.folder / "cookies.json").read_text())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    @property
    def environment(self) -> dict[str, str]:
        known = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PIPELINE"}}
        chosen = {"DATABASE_URL": self.database} if self.database else {}
        ours = {"DATA_DIR": str(self.folder), "PORT": str(self.port), "SESSION_TIMEOUT": "0"}
        ours |= {"PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
        return known | ours | INSIDE | chosen | self.extra

    @property
    def said(self) -> dict[str, Any]:
        """What the first run left in its file."""
        found: dict[str, Any] = json.loads((self.folder / "first-run.json").read_text())
        return found

    def manage(self, *words: str, status: int = 0) -> str:
        """Run a management command; what it printed."""
        found, said = forked.run(("manage.py", *words), ROOT, self.environment, 120)
        assert found == status, said
        return said

    def run(self, *words: str, status: int = 0) -> str:
        """Run Python anew in the project's folder; what it printed."""
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.environment, capture_output=True, timeout=120
        )
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == status, said
        return said

    def prepare(self) -> "Server":
        """Tables, the first run's users and keys, and our four people, each with a log-in: to check a password takes
        as long as many tests do."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.manage("migrate", "--verbosity", "0")
        self.manage("first_run")
        (self.folder / "cookies.json").write_text(self.shell(LOG_INS.format(PASSWORD, PEOPLE)))
        self.__post_init__()
        return self

    def shell(self, code: str) -> str:
        """Run Python inside the project, with the stores of people and journal at hand."""
        known = "\n".join(f"from monitoring.people.{module} import *" for module in ("store", "users", "models"))
        return self.manage("shell", "--no-imports", "-c", f"{known}\n{code}")

    def begin(self, *words: str) -> "subprocess.Popen[bytes]":
        """A management command in the background; its words go to server.log."""
        with open(self.folder / "server.log", "ab") as log:
            command = [sys.executable, "manage.py", *words]
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def begin_pipeline(self) -> "subprocess.Popen[bytes]":
        """`run_pipeline`, once it says that it runs."""
        words = "the pipeline runs"
        before = self.log.count(words)
        process = self.begin("run_pipeline")
        until(lambda: self.log.count(words) > before, 20, words)
        return process

    def start(self) -> "Server":
        self.process = self.begin("serve", "--port", str(self.port), "--server", self.kind)
        until(self.alive, 30, "the server's first answer")
        return self

    def ready(self) -> "Server":
        """Wait until the stages have passed what the first run recorded."""
        until(lambda: self.call("GET", "/readyz").status == 200, 30, "the stages")
        return self

    def alive(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        try:
            return self.call("GET", "/healthz").status == 200
        except OSError:
            return False

    def stop(self) -> None:
        """SIGTERM; whoever does not end in 10 s is a failure, and its log says where its threads are."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # PYTHONFAULTHANDLER writes the stacks
            self.process.wait()
            raise AssertionError(f"the server did not end within 10 s of SIGTERM: {self.log[-9000:]}") from None
        finally:
            self.process = None

    def call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as line:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def send(self, body: bytes, kind: str = BATCH, key: str | None = None, **headers: str) -> Answer:
        """A request to the door as it is."""
        known = {"Content-Type": kind, "Authorization": f"Bearer {key or self.said['ingest_key']}"}
        return self.call("POST", "/api/v1/events", body, known | {k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, events: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """A batch that must be taken; the door's answer."""
        answer = self.send(json.dumps(list(events)).encode())
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def folded(self, position: int) -> None:
        """Wait until the statistics have read so far."""
        until(lambda: self.get("/api/v1/health").json["stages"]["stats"]["position"] >= position, 30, "the fold")

    def take(self, events: Iterable[dict[str, Any]]) -> None:
        """Post, none of it refused, and wait until it is counted."""
        said = self.post(events)
        assert not said["rejected"], said
        self.folded(said["position"])

    def get(self, path: str, key: str | None = None) -> Answer:
        return self.call("GET", path, headers={"Authorization": f"Bearer {key or self.said['read_key']}"})

    def figures(self, session: str) -> dict[str, Any]:
        answer = self.get(f"/api/v1/sessions/{quote(session, safe='')}/statistics")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def page(self, path: str, user: str | None, method: str = "GET", **fields: Any) -> Answer:
        """A page as somebody sees it; a POST carries these fields and the CSRF token."""
        cookie = self.log_in(user) if user else ""
        if method == "GET":
            return self.call("GET", path, headers={"Cookie": cookie})
        token = "a" * 32
        form = urlencode(fields | {"csrfmiddlewaretoken": token}, doseq=True).encode()
        headers = {"Cookie": f"{cookie}; csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", path, form, headers)

    def log_in(self, user: str, again: bool = False, password: str = PASSWORD) -> str:
        """The cookie of a log-in through the form."""
        if again or user not in self.cookies:
            form = self.call("GET", "/login/")
            token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', form.body)
            crumb = re.search(r"csrftoken=(\w+)", form.headers.get("Set-Cookie", ""))
            assert token is not None
            assert crumb is not None
            fields = {"username": user, "password": password, "csrfmiddlewaretoken": token[1].decode()}
            headers = {"Cookie": crumb[0], "Content-Type": "application/x-www-form-urlencoded"}
            answer = self.call("POST", "/login/", urlencode(fields).encode(), headers)
            assert answer.status == 302, answer.body
            found = re.search(r"sessionid=\w+", "; ".join(answer.headers.get_all("Set-Cookie") or []))
            assert found is not None
            if again:
                return found[0]
            self.cookies[user] = found[0]
        return self.cookies[user]

    def position(self) -> int:
        """The journal's head."""
        return int(self.get("/api/v1/health").json["head"])

    @property
    def tables(self) -> Sql | Documents:
        """The database, read and changed beside the server."""
        return tables(self.database, self.folder)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """Every row of a table, sorted by key: its columns in the order of the model's fields, the key first."""
        return self.tables.find(table, *columns_of(table))

    def entries(self) -> list[tuple[Any, ...]]:
        """The entries that senders brought, without those of the first run."""
        return [row for row in self.rows("journal_entry") if row[2] not in INTERNAL_TYPES]

    def sql(self, words: str) -> list[tuple[Any, ...]]:
        """Run one statement straight in a database that speaks SQL."""
        found = self.tables
        assert isinstance(found, Sql), "MongoDB speaks no SQL"
        return found.ask(words)


FIRST_RUN = 10
"""Entries of a first run: four roles, three users and three keys that it made."""
STATISTICS = ("stats_session", "stats_message", "stats_vote", "stats_bucket")
FOLDED = (*STATISTICS, "security_securityevent")
"""The tables of every stage."""


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL of our own, on the loopback, whose text sorts by a dictionary and not by bytes."""

    folder: Path
    port: int

    @classmethod
    def started(cls, durable: bool = False, copied: Path | None = None) -> "Postgres":
        """`durable` when it is to be killed, or measured: the tests' own waits for no disk. `copied` is the folder of
        another that was stopped, with its databases."""
        made = cls(Path(tempfile.mkdtemp(prefix="sbdash-pg-")), free_port())
        if os.geteuid() == 0:
            shutil.chown(made.folder, "postgres", "postgres")
        if copied:
            subprocess.run(["cp", "-a", f"{copied}/data", f"{made.folder}/data"], check=True)
        else:
            by_dictionary = ["--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8"]
            made.run(
                "initdb", "-D", f"{made.folder}/data", "-U", "postgres", "-A", "trust", "--no-sync", *by_dictionary
            )
        options = f"-p {made.port} -h 127.0.0.1 -k {made.folder} -c max_connections=60"
        options += "" if durable else " -c fsync=off"
        made.run("pg_ctl", "start", "-w", "-D", f"{made.folder}/data", "-l", f"{made.folder}/log", "-o", options)
        return made

    def run(self, name: str, *words: str) -> None:
        """A program of PostgreSQL; it refuses to be root."""
        program = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))[-1]
        before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*before, str(program), *words], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120
        )
        assert done.returncode == 0, done.stderr.decode()

    def address(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def database(self, template: str = "template1", name: str = "") -> str:
        """The address of a new database."""
        name = name or f"t{next(_numbers)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as line:
            line.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.address(name)

    def end(self) -> None:
        """Stop it in order, and leave its folder."""
        self.run("pg_ctl", "stop", "-m", "fast", "-D", f"{self.folder}/data")

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", f"{self.folder}/data")
        shutil.rmtree(self.folder)
