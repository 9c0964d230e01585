"""Where the tests keep their data, and the servers that they share."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import profiles  # noqa: F401  it chooses how many examples hypothesis draws
import pytest
from django.conf import settings
from mongodb import Mongo
from running import Postgres, Server
from scopes import ByScope, turn

FIRST = "TESTS_HOME" not in os.environ
"""Whether this process began the run; the others are its workers."""
HOME = Path(os.environ.setdefault("TESTS_HOME", tempfile.mkdtemp(prefix="sbdash-tests-") if FIRST else ""))
"""One folder for all processes of a run."""
INSIDE = HOME / f"inside-{os.getpid()}"


def settle() -> None:
    """pytest-django has read the settings before this file is: what they say of files is said again here."""
    INSIDE.mkdir()
    os.environ["DATA_DIR"] = str(INSIDE)
    settings.DATA_DIR = INSIDE
    settings.MASTER_KEY_FILE = INSIDE / "master.key"
    settings.FIRST_RUN_FILE = INSIDE / "first-run.json"
    settings.DEMO_FILE = INSIDE / "demo.json"
    settings.STATIC_ROOT = INSIDE / "static"
    settings.STATIC_ROOT.mkdir()
    settings.DATABASES["default"]["NAME"] = str(INSIDE / "sbdash.sqlite3")
    settings.DATABASES["default"]["TEST"]["NAME"] = str(INSIDE / "test.sqlite3")


settle()
Fresh = Callable[..., Server]
PROCESSES = {"postgres", "mongodb", "redis", "prepared", "copy", "fresh", "server", "either", "browser"}
"""Fixtures that start a process of their own; so do the modules that call themselves slow."""


def pytest_make_parametrize_id(val: object) -> str | None:
    """A gzip stream holds the time at which it was made: each worker would name its tests otherwise."""
    return "gzipped" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByScope:
    config.option.loadscopereorder = False
    return ByScope(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files, and mark as slow what starts a process."""
    items.sort(key=turn)
    for item in items:
        if PROCESSES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


def pytest_sessionfinish() -> None:
    if FIRST:
        shutil.rmtree(HOME, ignore_errors=True)


def once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first process of a run fills that needs it. The others wait, and copy it."""
    folder, half = HOME / name, HOME / f"{name}-half"
    with open(HOME / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            make(half)
            half.rename(folder)
    return folder


def prepare_sqlite(folder: Path) -> None:
    Server(folder / "home").prepare()


def prepare_postgresql(folder: Path) -> None:
    made = Postgres.started()
    Server(folder / "home", made.database(name="prepared")).prepare()
    made.end()
    shutil.move(made.folder, folder / "server")


def prepare_mongodb(folder: Path) -> None:
    made = Mongo(folder / "server").start()
    Server(folder / "home", made.database(name="prepared")).prepare()
    made.end()


@pytest.fixture(scope="session")
def stopped() -> Callable[[str], Path]:
    """The folder of a database server that was stopped: its `server` has the database `prepared`, whose DATA_DIR is
    `home`. Both are to be copied."""
    return lambda kind: once(kind, prepare_postgresql if kind == "postgresql" else prepare_mongodb)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for this process, with the database `prepared`."""
    made = Postgres.started(copied=once("postgresql", prepare_postgresql) / "server")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def mongodb() -> Iterator[Mongo]:
    """A MongoDB-compatible server for this process, for databases of sbdash's own, with the database `prepared`."""
    folder = Path(tempfile.mkdtemp(prefix="sbdash-mongo-"))
    shutil.copytree(once("mongodb", prepare_mongodb) / "server", folder, dirs_exist_ok=True)
    made = Mongo(folder).start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def prepared() -> Server:
    """A DATA_DIR on SQLite as it is after the first run, to be copied."""
    return Server(once("sqlite", prepare_sqlite) / "home")


@pytest.fixture(scope="session")
def prepared_postgresql(postgres: Postgres) -> Server:
    """The same on PostgreSQL."""
    return Server(HOME / "postgresql" / "home", postgres.address("prepared"))


@pytest.fixture(scope="session")
def prepared_mongodb(mongodb: Mongo) -> Server:
    """The same on MongoDB."""
    return Server(HOME / "mongodb" / "home", f"{mongodb.url}prepared")


@pytest.fixture(scope="session")
def copy(request: pytest.FixtureRequest, prepared: Server) -> Fresh:
    """Makes a server of its own, not started: `copy()`, `copy("postgresql")`, `copy("mongodb", SETTING="…")`."""

    def make(kind: str = "sqlite", **extra: str) -> Server:
        folder = Path(tempfile.mkdtemp(dir=HOME))
        if kind == "sqlite":
            shutil.copytree(prepared.folder, folder, dirs_exist_ok=True)
            return Server(folder, "", extra)
        known: Server = request.getfixturevalue(f"prepared_{kind}")
        shutil.copytree(known.folder, folder, dirs_exist_ok=True)
        home: Postgres | Mongo = request.getfixturevalue("postgres" if kind == "postgresql" else kind)
        return Server(folder, home.database(known.database.rpartition("/")[2]), extra)

    return make


@pytest.fixture
def fresh(copy: Fresh) -> Iterator[Fresh]:
    """Like `copy`, but started, and stopped after the test."""
    made: list[Server] = []

    def make(kind: str = "sqlite", **extra: str) -> Server:
        made.append(copy(kind, **extra))
        return made[-1].start()

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="session")
def server(copy: Fresh) -> Iterator[Server]:
    """One running server on SQLite that many tests share: each uses sessions of its own."""
    made = copy(PIPELINE="beside").start().ready()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def server_on_uvicorn(copy: Fresh) -> Iterator[Server]:
    """The same on SQLite, served by uvicorn."""
    made = copy(PIPELINE="beside")
    made.kind = "uvicorn"
    yield made.start().ready()
    made.stop()


@pytest.fixture(scope="session")
def server_on_postgresql(copy: Fresh) -> Iterator[Server]:
    made = copy("postgresql", PIPELINE="beside").start().ready()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def server_on_mongodb(copy: Fresh) -> Iterator[Server]:
    made = copy("mongodb", PIPELINE="beside").start().ready()
    yield made
    made.stop()


@pytest.fixture(params=["sqlite", "postgresql", "mongodb"])
def either(request: pytest.FixtureRequest) -> Server:
    """The shared server, once on each database."""
    found: Server = request.getfixturevalue("server" if request.param == "sqlite" else f"server_on_{request.param}")
    return found
